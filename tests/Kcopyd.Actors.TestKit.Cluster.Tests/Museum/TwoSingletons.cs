using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

internal sealed class TwoSingletons : SimulatedExhibit
{
    private static readonly Config Settings = Clusters.Settings("5s", "a");

    public override string Name => "two singletons after a freeze";

    public override string Bug => "The node of a singleton is frozen, the cluster starts another one, and the old one writes when its node thaws.";

    public override int Seeds => 3;

    protected override string Needs => "a frozen process";

    public override async Task Play(World world, bool isFixed)
    {
        var storage = await StartAsync(world, isFixed);
        await world.DelayAsync(TimeSpan.FromSeconds(5 * world.Random.NextDouble()));
        var old = world.Nodes.Single(node => node.Name == storage.Writer);
        old.Freeze();
        await world.UntilAsync(() => storage.Epoch == 2, TimeSpan.FromSeconds(120), "there is another singleton");
        await world.DelayAsync(TimeSpan.FromSeconds(5 * world.Random.NextDouble()));
        old.Thaw();
        await world.DelayAsync(TimeSpan.FromSeconds(10));
        storage.Check();
    }

    /// <summary>Plays it under faults that chance chooses among all.</summary>
    public static async Task PlayUnderRandomFaults(World world)
    {
        var storage = await StartAsync(world, isFixed: false);
        await FaultPlan.Draw(world, new FaultPlanOptions { MaxFaults = 12, MaxDuration = TimeSpan.FromMinutes(1) }).RunAsync();
        await world.DelayAsync(TimeSpan.FromSeconds(10));
        storage.Check();
    }

    private static async Task<Storage> StartAsync(World world, bool isFixed)
    {
        var storage = new Storage(isFixed);
        foreach (var name in new[] { "a", "b", "c" })
            world.AddNode(name, Settings, node => Start(node, storage));
        await world.UntilAsync(() => world.Nodes.All(static node => Clusters.Up(node) == 3), TimeSpan.FromSeconds(60), "the cluster is up");
        await world.UntilAsync(() => storage.Epoch == 1, TimeSpan.FromSeconds(30), "there is a singleton");
        return storage;
    }

    private static void Start(Node node, Storage storage) => node.System.ActorOf(ClusterSingletonManager.Props(
        Props.Create(() => new TheOne(node.Name, storage)), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(node.System)), "one");

    /// <summary>Shared by the nodes. Each singleton registers for an epoch; a storage that checks epochs refuses the writes of earlier ones.</summary>
    private sealed class Storage(bool checksEpoch)
    {
        private string? _violation;

        public int Epoch { get; private set; }

        public string Writer { get; private set; } = "";

        public int Register(string name)
        {
            Writer = name;
            return ++Epoch;
        }

        public void Write(string name, int epoch)
        {
            if (epoch < Epoch && !checksEpoch)
                _violation ??= $"The singleton on {name} has written after the one on {Writer} had taken over.";
        }

        public void Check()
        {
            if (_violation is not null)
                throw new BugFoundException(_violation);
        }
    }

    private sealed class TheOne : ReceiveActor, IWithTimers
    {
        public TheOne(string name, Storage storage)
        {
            var epoch = storage.Register(name);
            Receive<string>(_ => storage.Write(name, epoch));
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer("write", "write", TimeSpan.FromMilliseconds(100));
    }
}
