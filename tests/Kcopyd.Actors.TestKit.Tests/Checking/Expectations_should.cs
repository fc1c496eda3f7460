using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class Expectations_should
{
    private readonly Expectations _expectations = new();

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void report_when_a_condition_begins_to_fail_and_not_while_it_fails()
    {
        var holds = true;
        _expectations.Always("one leader", () => holds);
        Assert.True(_expectations.Evaluate(Seconds(1)));
        holds = false;
        Assert.False(_expectations.Evaluate(Seconds(2)));
        Assert.True(_expectations.Evaluate(Seconds(3)));
        holds = true;
        Assert.True(_expectations.Evaluate(Seconds(4)));
        holds = false;
        Assert.False(_expectations.Evaluate(Seconds(5)));

        Assert.Equal(["Always 'one leader': the condition does not hold, at 2.000000s", "Always 'one leader': the condition does not hold, at 5.000000s"],
            _expectations.Violations.Select(violation => violation.ToString()));
    }

    [Fact]
    public void list_what_was_never_true_in_any_run_of_a_batch()
    {
        ExpectationsReport Run(int seed)
        {
            var one = new Expectations();
            one.Sometimes("seed 2", () => seed == 2);
            one.Sometimes("never", () => false);
            one.Sometimes("reached");
            one.Always("odd", () => seed != 3);
            if (seed == 1)
                one.Reached("reached");
            return one.Complete(Seconds(seed), $"{seed}");
        }

        Assert.Equal(["seed 2", "never"], Run(1).NeverTrue);
        var batch = ExpectationsReport.Merge([Run(1), Run(2), Run(3)]);
        Assert.Equal(["never"], batch.NeverTrue);
        Assert.False(batch.IsMet);
        Assert.Equal("""
            3 runs, 1 violations
              Sometimes 'seed 2': true at 1 of 3 evaluations
              Sometimes 'never': true at 0 of 3 evaluations, NEVER TRUE
              Sometimes 'reached': true at 1 of 0 evaluations
              Always 'odd': true at 2 of 3 evaluations
            Always 'odd': the condition does not hold, at 3.000000s of run 3
            """, batch.ToString());
        Assert.True(ExpectationsReport.Merge([]).IsMet);
    }

    [Theory]
    [InlineData(11, true)]
    [InlineData(11.5, false)]
    public void expect_a_condition_within_a_time_from_the_first_evaluation(double at, bool isMet)
    {
        var holds = false;
        _expectations.EventuallyWithin("healed", Seconds(10), () => holds);
        _expectations.Evaluate(Seconds(1));
        _expectations.Evaluate(Seconds(at - 0.5));
        holds = true;
        Assert.Equal(isMet, _expectations.Evaluate(Seconds(at)));
        holds = false;
        Assert.True(_expectations.Evaluate(Seconds(100)));
    }

    [Fact]
    public void expect_a_condition_within_a_time_each_time_that_something_happens()
    {
        var (asked, answered) = (false, false);
        _expectations.EventuallyWithin("answered", Seconds(5), () => answered, after: () => asked);
        _expectations.Evaluate(Seconds(100));
        asked = true;
        _expectations.Evaluate(Seconds(101));
        answered = true;
        Assert.True(_expectations.Evaluate(Seconds(106)));
        (asked, answered) = (false, false);
        Assert.True(_expectations.Evaluate(Seconds(200)));
        asked = true;
        Assert.True(_expectations.Evaluate(Seconds(201)));
        Assert.Equal(1, _expectations.Complete(Seconds(202)).Summaries[0].Unfinished);
        Assert.False(_expectations.Evaluate(Seconds(206.1)));
        Assert.Contains("between 201.000000s and 206.000000s", _expectations.Violations[0].Reason, StringComparison.Ordinal);
        Assert.True(_expectations.Evaluate(Seconds(300)));
    }

    [Fact]
    public void refuse_what_makes_no_sense_with_the_remedy()
    {
        _expectations.Always("a", () => true);
        Assert.Throws<ArgumentException>("name", () => _expectations.Sometimes("a"));
        Assert.Throws<ArgumentException>("name", () => _expectations.Sometimes(" "));
        Assert.Throws<ArgumentException>("name", () => _expectations.Reached("a"));
        Assert.Throws<ArgumentException>("name", () => _expectations.Reached("b"));
        Assert.Throws<ArgumentOutOfRangeException>("time", () => _expectations.EventuallyWithin("c", Seconds(-1), () => true));
        _expectations.Evaluate(Seconds(2));
        Assert.Throws<ArgumentOutOfRangeException>("now", () => _expectations.Evaluate(Seconds(1)));
        var other = new Expectations();
        other.Sometimes("a");
        Assert.Throws<ArgumentException>("reports", () => ExpectationsReport.Merge([_expectations.Complete(Seconds(3)), other.Complete(Seconds(3))]));
    }
}
