using System.Globalization;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Exploring;

public sealed class Shrinking_should
{
    private const int Block = 4096;

    [Fact]
    public void leave_the_one_crash_that_makes_a_test_fail()
    {
        var failure = Fail(async world =>
        {
            for (var i = 0; i < 3; i++)
                world.AddNode($"node{i}");
            await FaultPlan.Draw(world, new FaultPlanOptions { MaxFaults = 20 }).RunAsync();
            Assert.True(world.Nodes.All(static node => node.Life == 1), "a node has started twice");
        });
        Assert.Matches(@"Shrunk in \d+ runs from \d\d? faults and [\d,]+ steps to 1 fault and [\d,]+ steps", failure);
    }

    [Fact]
    public void leave_the_one_write_that_a_disk_has_lost()
    {
        var failure = Fail(LoseWrites);
        Assert.Contains("to 1 fault and", failure, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ +\d+\.\d+ a/disk loses a write \d+$", failure);
    }

    [Fact]
    public void leave_the_two_answers_that_must_both_be_lost()
    {
        var failure = Fail(static world =>
        {
            var lost = 0;
            for (var i = 0; i < 50; i++)
                lost += world.FaultOccurs("an answer is lost", 0.3) ? 1 : 0;
            Assert.True(lost < 2, "two answers are lost");
            return Task.CompletedTask;
        });
        Assert.Contains("to 2 faults and", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void give_options_that_replay_the_shrunk_run()
    {
        var failure = Fail(LoseWrites);
        var shrunk = failure[failure.IndexOf("Shrunk", StringComparison.Ordinal)..];
        var name = shrunk.Split("KCOPYD_SIMULATION_FAULTS='")[1].Split('\'')[0];
        var schedule = shrunk.Contains("KCOPYD_SIMULATION_SCHEDULE=", StringComparison.Ordinal)
            ? int.Parse(shrunk.Split("KCOPYD_SIMULATION_SCHEDULE=")[1].Split(' ')[0], CultureInfo.InvariantCulture)
            : 0;
        var seed = int.Parse(shrunk.Split("KCOPYD_SIMULATION_SEED=")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        IReadOnlyList<InjectedFault>? injected = null;
        Assert.Throws<SimulationFailedException>(() => Simulation.Run(seed, async world =>
        {
            try
            {
                await LoseWrites(world);
            }
            finally
            {
                injected = [.. world.InjectedFaults];
            }
        }, new SimulationOptions { OnlyFaults = [name], Schedule = schedule }));
        Assert.Equal([name], injected!.Select(static fault => fault.Name));
    }

    [Fact]
    public void take_place_in_the_process_of_a_simulation()
    {
        var failure = Assert.Throws<SimulationFailedException>(static () => SimulationProcess.RunMany(1, 10, LoseWrites)).Message;
        Assert.Contains("to 1 fault and", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void be_switched_off_by_an_option() => Assert.DoesNotContain(
        "Shrunk in", Assert.Throws<SimulationFailedException>(
            static () => Simulation.RunMany(1, 10, LoseWrites, new SimulationOptions { ShrinkRuns = 0 })).Message, StringComparison.Ordinal);

    [Fact]
    public void say_that_a_failure_does_not_come_again()
    {
        var runs = 0;
        var failure = Fail(_ => runs++ == 0 ? throw new InvalidOperationException("once") : Task.CompletedTask);
        Assert.Contains("ran again and did not fail", failure, StringComparison.Ordinal);
    }

    private static async Task LoseWrites(World world)
    {
        var disk = world.AddNode("a").AddDisk("disk", 64 * Block, new SimulatedDiskOptions { Faults = DiskFaults.None with { LostWriteRate = 0.1 } });
        var data = new byte[Block];
        Array.Fill(data, (byte)1);
        for (var i = 0; i < 64; i++)
            Assert.True((await disk.WriteAsync(i * Block, data)).IsSuccess);
        Assert.False(disk.Content.Span.Contains((byte)0), "a write is lost");
    }

    private static string Fail(Func<World, Task> test) =>
        Assert.Throws<SimulationFailedException>(() => Simulation.RunMany(1, 10, test, replays: 0)).Message;
}
