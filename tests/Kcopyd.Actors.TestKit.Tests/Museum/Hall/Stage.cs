using System.Linq.Expressions;
using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>Where a program plays: a node of a simulated world, or an ordinary actor system on real threads.</summary>
internal sealed class Stage
{
    private readonly List<IActorRef> _actors = [];
    private readonly World? _world;
    private readonly Node? _node;

    private Stage(World world, Node node) : this(node.System, node.Time, world.Time) => (_world, _node) = (world, node);

    private Stage(ActorSystem system, TimeProvider time, TimeProvider testTime) => (System, Time, TestTime) = (system, time, testTime);

    public ActorSystem System { get; }

    /// <summary>The clock of the actors.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clock of the test, which continues when the node is frozen.</summary>
    public TimeProvider TestTime { get; }

    public static Stage Of(World world) => new(world, world.AddNode("museum"));

    public static Stage Of(ActorSystem system) => new(system, TimeProvider.System, TimeProvider.System);

    public IActorRef Start<T>(Expression<Func<T>> create, Func<Props, Props>? configure = null)
        where T : ActorBase
    {
        var props = Props.Create(create);
        var actor = System.ActorOf(configure?.Invoke(props) ?? props);
        _actors.Add(actor);
        return actor;
    }

    /// <summary>Simulates what a hypervisor or a garbage collection does to a process once: it stands still. A machine that only runs tests does not.</summary>
    /// <param name="within">The pause begins within this time.</param>
    /// <param name="atMost">Its longest duration.</param>
    public void PauseOnce(TimeSpan within, TimeSpan atMost)
    {
        if (_world is not { } world || _node is not { } node)
            return;
        var random = world.RandomFor("pause");
        var start = within * random.NextDouble();
        world.After(start, node.Freeze);
        world.After(start + atMost * random.NextDouble(), node.Thaw);
    }

    /// <summary>Stops the actors, so that the system can be used for the next run.</summary>
    public Task ClearAsync() => Task.WhenAll(_actors.Select(static actor => actor.GracefulStop(TimeSpan.FromSeconds(10))));
}
