using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class RegisterZones_should
{
    private static readonly RegisterModel<int> s_model = new(0);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 0.1)]
    [InlineData(0.15, 0)]
    [InlineData(0.15, 0.1)]
    [InlineData(0.3, 0.3)]
    public void agree_with_the_general_checker(double lost, double corrupt)
    {
        var verdicts = new int[2];
        for (var seed = 0; seed < 4000; seed++)
        {
            var history = RegisterHistories.Create(seed, operations: 4 + seed % 13, clients: 2 + seed % 4, keys: 1 + seed % 2, lost, corrupt);
            var general = Linearizability.Check<int, RegisterInput<int>, int>(history, s_model, maxSteps: 10_000_000);
            var zones = Linearizability.CheckRegister(history, 0);
            Assert.True(general.Verdict == zones.Verdict, $"seed {seed}: the general checker says {general}\nzones say {zones}\n{history}");
            if (corrupt == 0)
                Assert.True(zones.IsLinearizable, $"seed {seed}: {zones}\n{history}");
            verdicts[zones.IsLinearizable ? 0 : 1]++;
        }
        Assert.True(verdicts[0] > 500 && (corrupt == 0 || verdicts[1] > 500), $"{verdicts[0]} linearizable, {verdicts[1]} not");
    }

    [Fact]
    public void agree_with_the_general_checker_about_histories_whose_ends_were_shuffled()
    {
        var refused = 0;
        for (var seed = 0; seed < 4000; seed++)
        {
            var history = Shuffled(RegisterHistories.Create(seed, operations: 10, clients: 4), new Random(seed));
            var general = Linearizability.Check<int, RegisterInput<int>, int>(history, s_model);
            var zones = Linearizability.CheckRegister(history, 0);
            Assert.True(general.Verdict == zones.Verdict, $"seed {seed}: the general checker says {general}\nzones say {zones}\n{history}");
            refused += zones.IsLinearizable ? 0 : 1;
        }
        Assert.InRange(refused, 500, 3500);
    }

    [Fact]
    public void refuse_duplicates_which_the_automatic_choice_accepts()
    {
        var history = new History<RegisterInput<int>, int>();
        history.Acknowledge(history.Call(1, RegisterInput.Write(5)));
        history.Acknowledge(history.Call(1, RegisterInput.Write(5)));
        history.Return(history.Call(1, RegisterInput.Read<int>()), 5);

        Assert.Contains("#2 1: write(5)", Assert.Throws<ArgumentException>(() => Linearizability.CheckRegister(history, 0)).Message, StringComparison.Ordinal);
        Assert.True(Linearizability.Check(history, s_model).IsLinearizable);
    }

    [Fact]
    public void name_two_values_that_the_register_would_have_to_hold_at_once()
    {
        var history = new History<RegisterInput<int>, int>();
        var a = history.Call("a", RegisterInput.Write(1, "x"));
        var b = history.Call("b", RegisterInput.Write(2, "x"));
        history.Acknowledge(a);
        history.Acknowledge(b);
        history.Return(history.Call("a", RegisterInput.Read<int>("x")), 1);
        history.Return(history.Call("a", RegisterInput.Read<int>("x")), 2);

        var result = Linearizability.CheckRegister(history, 0);
        Assert.Equal("x", result.PartitionKey);
        Assert.Equal("the register holds 1 from event 2 to event 4 at least, and 2 from event 3 to event 6 at least, which overlaps.", result.Explanation);
        Assert.Equal([1, 2, 3, 4], result.Unplaced.Select(operation => operation.Number));
    }

    // Swaps neighboring events of different operations, so that intervals change.
    private static History<RegisterInput<int>, int> Shuffled(History<RegisterInput<int>, int> history, Random random)
    {
        var events = history.Operations.SelectMany(operation => new[] { (operation, operation.CallPosition, IsCall: true),
            (operation, CallPosition: operation.EndPosition!.Value, IsCall: false) }).OrderBy(one => one.CallPosition).ToList();
        for (var swaps = 0; swaps < 40; swaps++)
        {
            var i = random.Next(events.Count - 1);
            if (events[i].operation != events[i + 1].operation)
                (events[i], events[i + 1]) = (events[i + 1], events[i]);
        }
        var shuffled = new History<RegisterInput<int>, int>();
        Dictionary<int, Operation<RegisterInput<int>, int>> copies = [];
        foreach (var (operation, _, isCall) in events)
        {
            if (isCall)
                copies.Add(operation.Number, shuffled.Call(operation.Number, operation.Input));
            else
                shuffled.Return(copies[operation.Number], operation.Output);
        }
        return shuffled;
    }
}
