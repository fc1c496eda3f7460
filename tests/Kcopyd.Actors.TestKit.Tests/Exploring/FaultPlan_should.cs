using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Exploring;

public sealed class FaultPlan_should
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void leave_the_world_as_it_was_under_every_seed() => Simulation.RunMany(1, 200, static async world =>
    {
        var nodes = Nodes(world, 4);
        var (min, max) = (world.Network.MinDelay, world.Network.MaxDelay);
        await FaultPlan.Draw(world, new FaultPlanOptions { MaxFaults = 30 }).RunAsync();

        Assert.All(nodes, static node => Assert.True(node is { IsAlive: true, IsFrozen: false } && node.ClockSkew == TimeSpan.Zero));
        Assert.Equal((min, max), (world.Network.MinDelay, world.Network.MaxDelay));
        foreach (var one in nodes)
        {
            foreach (var other in nodes)
                Assert.False(world.Network.Core.IsCut(one.Host, other.Host));
        }
    });

    [Fact]
    public void draw_every_kind_of_fault()
    {
        var seen = FaultKinds.None;
        Simulation.RunMany(1, 60, async world =>
        {
            Nodes(world, 3);
            var plan = FaultPlan.Draw(world);
            await plan.RunAsync();
            foreach (var fault in plan.Faults)
                seen |= fault.Kind;
        }, replays: 0);
        Assert.Equal(FaultKinds.All, seen);
    }

    [Fact]
    public void keep_more_than_half_of_the_nodes_up() => Simulation.RunMany(1, 100, static async world =>
    {
        var nodes = Nodes(world, 5);
        var plan = FaultPlan.Draw(world, new FaultPlanOptions { Kinds = FaultKinds.Crashes | FaultKinds.Freeze, MaxFaults = 40 }).RunAsync();
        while (!plan.IsCompleted)
        {
            Assert.True(nodes.Count(static node => node is { IsAlive: true, IsFrozen: false }) >= 3);
            await world.DelayAsync(Second / 10);
        }
        await plan;
    });

    [Fact]
    public void heal_what_two_faults_have_cut_when_both_have_ended() => Simulation.Run(1, static async world =>
    {
        var nodes = Nodes(world, 3);
        var plan = new FaultPlan(world,
        [
            new PlannedFault(FaultKinds.Isolate, Second, 10 * Second, [nodes[0]]),
            new PlannedFault(FaultKinds.OneWay, 2 * Second, 3 * Second, [nodes[0], nodes[1]]),
        ]).RunAsync();
        await world.DelayAsync(6 * Second);
        Assert.True(world.Network.Core.IsCut(nodes[0].Host, nodes[1].Host));
        await plan;
        Assert.False(world.Network.Core.IsCut(nodes[0].Host, nodes[1].Host));
        Assert.Equal(11 * Second, world.Now);
    });

    [Fact]
    public void do_what_it_says()
    {
        var result = "";
        Simulation.Run(1, async world =>
        {
            var nodes = Nodes(world, 2);
            var plan = new FaultPlan(world,
            [
                new PlannedFault(FaultKinds.Freeze, Second, 2 * Second, [nodes[0]]),
                new PlannedFault(FaultKinds.Kill, 5 * Second, Second, [nodes[1]]),
                new PlannedFault(FaultKinds.ClockStep, 8 * Second, Second, [nodes[1]]) { ClockStep = -Second },
            ]).RunAsync();
            await world.DelayAsync(2 * Second);
            Assert.True(nodes[0].IsFrozen);
            await world.DelayAsync(3.5 * Second);
            Assert.False(nodes[0].IsFrozen || nodes[1].IsAlive);
            await world.DelayAsync(3 * Second);
            Assert.Equal(-Second, nodes[1].ClockSkew);
            await plan;
            Assert.Equal(2, nodes[1].Life);
            result = string.Join(Environment.NewLine, world.InjectedFaults);
        });
        Assert.Equal(
            string.Join(
                Environment.NewLine, "plan 1: node0 freezes for 2 s", "plan 2: node1 is killed for 1 s", "plan 3: the clock of node1 is wrong by -1 s for 1 s"),
            result);
    }

    [Fact]
    public void draw_the_same_for_the_same_seed_whatever_else_the_test_draws() => Simulation.Run(7, static world =>
    {
        Nodes(world, 3);
        world.Random.Next();
        var drawn = FaultPlan.Draw(world).Faults.Select(static fault => fault.ToString()).ToList();
        Simulation.Run(7, other =>
        {
            Nodes(other, 3);
            Assert.Equal(drawn, FaultPlan.Draw(other).Faults.Select(static fault => fault.ToString()));
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    });

    [Fact]
    public void refuse_what_it_cannot_do() => Simulation.Run(1, static world =>
    {
        Assert.Throws<ArgumentException>(() => FaultPlan.Draw(world));      // no nodes
        var node = world.AddNode("a");
        Assert.Throws<ArgumentException>(() => FaultPlan.Draw(world, new FaultPlanOptions { Kinds = FaultKinds.Reset }));
        Assert.Throws<ArgumentException>(() => FaultPlan.Draw(world, new FaultPlanOptions { Kinds = FaultKinds.None }));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaultPlan.Draw(world, new FaultPlanOptions { MaxFaults = 0 }));
        Assert.Throws<ArgumentException>(() => new FaultPlan(world, [new PlannedFault(FaultKinds.Network, Second, Second, [node])]));
        Assert.Throws<ArgumentException>(() => new FaultPlan(world, [new PlannedFault(FaultKinds.OneWay, Second, Second, [node])]));
        return Task.CompletedTask;
    });

    private static List<Node> Nodes(World world, int count) => [.. Enumerable.Range(0, count).Select(i => world.AddNode($"node{i}"))];
}
