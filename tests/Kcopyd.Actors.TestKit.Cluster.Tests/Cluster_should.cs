using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

public sealed class Cluster_should(ITestOutputHelper output)
{
    /// <summary><c>KCOPYD_SIMULATION_SEEDS</c> sets the number of seeds.</summary>
    [Fact]
    public void live_through_kills_power_cuts_and_partitions_the_same_way_each_time()
    {
        var count = Environment.GetEnvironmentVariable("KCOPYD_SIMULATION_SEEDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 3;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var results = SimulationProcess.RunMany(1, count, Cluster_life.Play, replays: count);
        var minutes = results.Sum(static result => result.Time.TotalMinutes);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} seeds × 2, {results.Select(static result => result.Hash).Distinct().Count()} distinct: "
            + $"{results.Sum(static result => result.Steps)} steps, "
            + $"{minutes:f0} virtual minutes in {watch.Elapsed.TotalSeconds:f1} s for both"));
        Assert.Equal(count, results.Select(static result => result.Hash).Distinct().Count());
    }
}
