using Akka.Actor;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

public sealed class SimulationProcess_should
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void replay_code_that_uses_the_thread_pool()
    {
        var results = SimulationProcess.RunMany(1, 20, static async world =>
        {
            var actor = world.AddNode("a").System.ActorOf(Props.Create(static () => new Pooled()));
            var sums = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => actor.Ask<int>(i)));
            Assert.Equal(285, sums.Sum());
        });
        Assert.Equal(Enumerable.Range(1, 20), results.Select(static result => result.Seed));
    }

    [Fact]
    public void name_the_seeds_that_fail()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => SimulationProcess.RunMany(5, 4, static async world =>
        {
            await world.DelayAsync(Second);
            Assert.NotEqual(7, world.Seed);
        }));
        Assert.StartsWith("1 of 4 seeds failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Seed 7 failed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void tell_which_seed_ended_its_process_and_run_the_others()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => SimulationProcess.RunMany(1, 6, static world =>
        {
            if (world.Seed == 2)
                Environment.FailFast("the end");
            return Task.CompletedTask;
        }));
        Assert.StartsWith("1 of 6 seeds failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Seed 2 failed: its process ended", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void refuse_a_test_that_captures_a_variable()
    {
        var captured = 1;
        Assert.Throws<ArgumentException>(() => SimulationProcess.RunMany(1, 1, _ => Task.FromResult(captured)));
    }

    private sealed class Pooled : ReceiveActor
    {
        public Pooled() => ReceiveAsync<int>(async number =>
        {
            var square = await Task.Run(() => number * number);
            Sender.Tell(square);
        });
    }
}
