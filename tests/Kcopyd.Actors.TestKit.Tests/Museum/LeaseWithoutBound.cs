using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class LeaseWithoutBound : SimulatedExhibit
{
    private const double MaxDrift = 0.05;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    public override string Name => "lease without a drift bound";

    public override string Bug => "The owner of a lease measures its end by a clock that is slower than that of the server.";

    public override int Seeds => 20;

    protected override string Needs => "clocks that drift";

    public override async Task Play(World world, bool isFixed)
    {
        var server = new Server(world);
        foreach (var name in new[] { "a", "b" })
        {
            world.AddNode(name, start: node => node.System.ActorOf(Props.Create(() => new Owner(server, node, isFixed))),
                clockDrift: MaxDrift * (2 * world.Random.NextDouble() - 1));
        }
        await world.DelayAsync(TimeSpan.FromSeconds(8));
        if (server.Violation is { } violation)
            throw new BugFoundException(violation);
    }

    /// <summary>Grants the lease, and sees who uses it.</summary>
    private sealed class Server(World world)
    {
        private string _owner = "";
        private TimeSpan _end;

        public string? Violation { get; private set; }

        public bool TryAcquire(string name)
        {
            if (world.Now < _end)
                return false;
            (_owner, _end) = (name, world.Now + Duration);
            return true;
        }

        public void Write(string name)
        {
            if (name != _owner)
                Violation ??= $"{name} has written while {_owner} had the lease.";
        }
    }

    private sealed class Owner : ReceiveActor, IWithTimers
    {
        private TimeSpan? _end;

        public Owner(Server server, Node node, bool isFixed) => Receive<string>(_ =>
        {
            var now = TimeSpan.FromTicks(node.Time.GetTimestamp());
            if (now < _end)
                server.Write(node.Name);
            else if (server.TryAcquire(node.Name))
                _end = now + Duration * (isFixed ? 1 - 2 * MaxDrift : 1);
        });

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("work", "work", TimeSpan.FromMilliseconds(9));
    }
}
