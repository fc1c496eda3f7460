using Kcopyd.Actors.TestKit.Cluster.Tests.Museum;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Cluster.Tests;

public sealed class Fault_plan_in_a_cluster_should(ITestOutputHelper output)
{
    private const int Seeds = 20;

    [Fact]
    public void find_two_singletons_and_shrink_to_the_faults_that_make_them()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => SimulationProcess.RunMany(
            1, Seeds, TwoSingletons.PlayUnderRandomFaults, new SimulationOptions { ShrinkRuns = 30 }, replays: 0));
        output.WriteLine(failure.Message);
        Assert.Matches(@"Shrunk in \d+ runs from \d+ faults? and [\d,]+ steps to [12] faults? and", failure.Message);
    }
}
