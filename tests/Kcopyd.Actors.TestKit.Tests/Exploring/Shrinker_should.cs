using Kcopyd.Actors.TestKit.Exploring;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Exploring;

public sealed class Shrinker_should
{
    private const string Kind = "the failure";

    [Fact]
    public void leave_out_every_fault_that_the_failure_does_not_need()
    {
        var shrinker = Shrinker(needed: ["7", "23"], runs: 200);
        Assert.True(shrinker.TryShrink(Failing(Numbers(40)), out var smallest, out _));
        Assert.Equal(["7", "23"], smallest.Options.OnlyFaults);
    }

    [Fact]
    public void find_that_no_fault_is_needed_with_one_run()
    {
        var shrinker = Shrinker(needed: [], runs: 2);
        Assert.True(shrinker.TryShrink(Failing(Numbers(40)), out var smallest, out _));
        Assert.Equal([], smallest.Options.OnlyFaults);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(13)]
    public void never_end_with_a_run_that_does_not_fail(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var all = Numbers(random.Next(1, 30));
            var needed = all.Where(_ => random.Next(6) == 0).ToHashSet();
            var shrinker = Shrinker(needed, random.Next(1, 60));
            Assert.True(shrinker.TryShrink(Failing(all), out var smallest, out _));
            Assert.Superset(needed, (smallest.Options.OnlyFaults ?? all).ToHashSet());
        }
    }

    [Fact]
    public void take_no_more_runs_than_it_may()
    {
        var plays = 0;
        var shrinker = new Shrinker(options =>
        {
            plays++;
            return Failing(options.OnlyFaults ?? Numbers(100), options);
        }, 10);
        Assert.True(shrinker.TryShrink(Failing(Numbers(100)), out _, out _));
        Assert.Equal(shrinker.Used, plays);
        Assert.InRange(plays, 1, 10);
    }

    [Fact]
    public void not_take_another_failure_for_the_same_one()
    {
        var shrinker = new Shrinker(options => Failing(options.OnlyFaults ?? Numbers(8), options) with
        {
            Kind = options.OnlyFaults is null || options.OnlyFaults.Count > 4 ? Kind : "another failure",
        }, 100);
        Assert.True(shrinker.TryShrink(Failing(Numbers(8)), out var smallest, out _));
        Assert.True(smallest.Options.OnlyFaults!.Count > 4);
    }

    [Fact]
    public void choose_the_schedule_with_the_fewest_steps()
    {
        var shrinker = new Shrinker(options => Failing([], options) with { Steps = options.Schedule == 6 ? 11 : 90 + options.Schedule }, 30);
        Assert.True(shrinker.TryShrink(Failing([]) with { Steps = 100 }, out var smallest, out _));
        Assert.Equal((6, 11), (smallest.Options.Schedule, smallest.Steps));
    }

    [Fact]
    public void say_that_a_run_does_not_replay()
    {
        var shrinker = new Shrinker(static _ => null, 30);
        Assert.False(shrinker.TryShrink(Failing(Numbers(3)), out _, out var other));
        Assert.Null(other);
    }

    private static Shrinker Shrinker(IEnumerable<string> needed, int runs) => new(options =>
        options.OnlyFaults is not { } only || needed.All(only.Contains) ? Failing(options.OnlyFaults ?? Numbers(40), options) : null, runs);

    private static string[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(static i => $"{i}")];

    private static FailedRun Failing(IEnumerable<string> faults, SimulationOptions? options = null) => new(
        1, options ?? new SimulationOptions(), 100, [.. faults.Select(static name => new InjectedFault(name, TimeSpan.Zero, name))],
        new SimulationFailedException("it failed"), Kind);
}
