using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class Convergence_should
{
    private readonly Convergence<string> _convergence = new(TimeSpan.FromSeconds(10));

    private ConvergenceStatus Evaluate(double seconds, params string[] states) =>
        _convergence.Evaluate(TimeSpan.FromSeconds(seconds), [.. states.Select((state, i) => ($"{(char)('a' + i)}", state))]);

    [Fact]
    public void wait_for_the_end_of_the_faults_and_then_for_equal_replicas()
    {
        Assert.Equal(ConvergenceStatus.Waiting, Evaluate(1, "x", "x"));
        _convergence.FaultsEnded(TimeSpan.FromSeconds(5));
        Assert.Equal(ConvergenceStatus.Converging, Evaluate(5, "x", "y"));
        Assert.Equal(ConvergenceStatus.Converged, Evaluate(15, "y", "y"));
        Assert.Equal(TimeSpan.FromSeconds(15), _convergence.ConvergedAt);
        Assert.Equal(ConvergenceStatus.Converged, Evaluate(99, "y", "z"));
    }

    [Fact]
    public void name_the_replicas_that_differ_when_the_time_is_over()
    {
        _convergence.FaultsEnded(TimeSpan.FromSeconds(5));
        Assert.Equal(ConvergenceStatus.Converging, Evaluate(15, "x", "y", "x"));
        Assert.Equal(ConvergenceStatus.Failed, Evaluate(15.001, "x", "y", "x"));
        Assert.Equal("The replicas were not found equal between 5.000000s and 15.000000s. At 15.001000s:\n  a, c: x\n  b: y", _convergence.Explanation);
        Assert.Equal(ConvergenceStatus.Failed, Evaluate(16, "x", "x", "x"));
    }

    [Fact]
    public void start_again_when_there_were_more_faults()
    {
        _convergence.FaultsEnded(TimeSpan.FromSeconds(5));
        Evaluate(6, "x", "x");
        _convergence.FaultsEnded(TimeSpan.FromSeconds(20));
        Assert.Equal(ConvergenceStatus.Converging, Evaluate(29, "x", "y"));
        Assert.Null(_convergence.ConvergedAt);
    }

    [Fact]
    public void refuse_what_makes_no_sense_with_the_remedy()
    {
        Assert.Throws<ArgumentOutOfRangeException>("within", () => new Convergence<int>(TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentException>("replicas", () => Evaluate(1));
        _convergence.FaultsEnded(TimeSpan.FromSeconds(5));
        Assert.Throws<ArgumentOutOfRangeException>("now", () => Evaluate(4, "x"));
    }
}
