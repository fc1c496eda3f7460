using System.Text;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class PowerCuts_definition_should
{
    [Theory]
    [InlineData(DiscardOutcome.Undefined)]
    [InlineData(DiscardOutcome.OldOrZeroes)]
    [InlineData(DiscardOutcome.Zeroes)]
    public void be_met_exactly_by_the_states_of_random_runs(DiscardOutcome discards)
    {
        for (var seed = 0; seed < 250; seed++)
            Compare(seed, new RandomLog(seed, disks: 1, steps: 12), Options(discards, isOrdered: false));
    }

    [Fact]
    public void be_met_exactly_by_the_common_states_of_two_disks()
    {
        for (var seed = 0; seed < 150; seed++)
            Compare(seed, new RandomLog(seed, disks: 2, steps: 10), Options(DiscardOutcome.OldOrZeroes, isOrdered: false));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void be_met_exactly_by_disks_that_write_back_in_order(int disks)
    {
        for (var seed = 0; seed < 250; seed++)
            Compare(seed, new RandomLog(seed, disks, steps: 12), Options(DiscardOutcome.OldOrZeroes, isOrdered: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void allow_every_sampled_state(bool isOrdered)
    {
        var sampled = 0;
        for (var seed = 1000; seed < 1150; seed++)
        {
            var run = new RandomLog(seed, disks: 2, steps: 10);
            var options = Options(DiscardOutcome.Undefined, isOrdered) with { ExhaustiveLimit = 0, Samples = 12, Seed = seed };
            var definition = new CutDefinition(run, isOrdered ? DiscardOutcome.OldOrZeroes : options.Discards, isOrdered);
            foreach (var (time, cuts) in Times(run.Log, options))
            {
                var allowed = definition.At(time);
                sampled += cuts.Count;
                Assert.True(cuts.IsSubsetOf(allowed), $"seed {seed}, time {time}: {cuts.Except(allowed).FirstOrDefault()} is not allowed");
            }
        }
        Assert.True(sampled > 1000);
    }

    private static PowerCutOptions Options(DiscardOutcome discards, bool isOrdered) =>
        new() { AtomicUnit = RandomLog.Unit, ExhaustiveLimit = 16, Discards = discards, IsOrdered = isOrdered };

    private static void Compare(int seed, RandomLog run, PowerCutOptions options)
    {
        var definition = new CutDefinition(run, options.Discards, options.IsOrdered);
        foreach (var (time, cuts) in Times(run.Log, options))
        {
            var allowed = definition.At(time);
            Assert.True(cuts.SetEquals(allowed), $"seed {seed}, time {time}: {cuts.Count} states instead of {allowed.Count}\n"
                + $"missing {allowed.Except(cuts).FirstOrDefault()}\ntoo many {cuts.Except(allowed).FirstOrDefault()}\n{string.Join('\n', run.Log.Ios)}");
        }
    }

    private static IEnumerable<(long Time, HashSet<string> Cuts)> Times(WriteLog log, PowerCutOptions options)
    {
        var times = new SortedDictionary<long, HashSet<string>>();
        foreach (var cut in PowerCuts.Enumerate(log, options))
        {
            var state = new StringBuilder();
            foreach (var disk in log.Disks)
                state.Append(Convert.ToHexString(cut.Bytes(disk)));
            if (!times.TryGetValue(cut.Time, out var states))
                times.Add(cut.Time, states = []);
            states.Add(state.ToString());
        }
        Assert.Equal(log.Now + 1, times.Count);
        return times.Select(static pair => (pair.Key, pair.Value));
    }
}
