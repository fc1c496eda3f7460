using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class Linearizability_should
{
    private static readonly RegisterModel<int> s_register = new(0);

    // A lock with an owner: acquire answers whether it was free.
    private static readonly ISequentialModel<int, (string Action, int Who), bool> s_lock =
        SequentialModel.Deterministic<int, (string Action, int Who), bool>(0, (owner, input) => input.Action == "acquire"
            ? owner == 0 ? (input.Who, true) : (owner, false)
            : owner == input.Who ? (0, true) : (owner, false));

    private static LinearizabilityResult<RegisterInput<int>, int> General(History<RegisterInput<int>, int> history, long maxSteps = 1_000_000) =>
        Linearizability.Check<int, RegisterInput<int>, int>(history, s_register, maxSteps);

    [Fact]
    public void accept_concurrent_operations_in_whichever_order_explains_them()
    {
        var history = new History<RegisterInput<int>, int>();
        var write = history.Call("a", RegisterInput.Write(1));
        var early = history.Call("b", RegisterInput.Read<int>());
        history.Return(early, 0);
        var late = history.Call("b", RegisterInput.Read<int>());
        history.Return(late, 1);
        history.Acknowledge(write);

        Assert.True(General(history).IsLinearizable);
        Assert.True(Linearizability.CheckRegister(history, 0).IsLinearizable);
    }

    [Fact]
    public void refuse_a_stale_read_and_name_the_operation_that_cannot_be_explained()
    {
        var history = new History<RegisterInput<int>, int>();
        history.Acknowledge(history.Call("a", RegisterInput.Write(1)));
        history.Return(history.Call("b", RegisterInput.Read<int>()), 1);
        var stale = history.Call("b", RegisterInput.Read<int>());
        history.Return(stale, 0);
        history.Acknowledge(history.Call("a", RegisterInput.Write(2)));

        var result = General(history);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, result.Verdict);
        Assert.Same(stale, result.Culprit);
        Assert.Equal([1, 2], result.LongestPrefix.Select(operation => operation.Number));
        Assert.Equal("1", result.State);
        Assert.Equal([stale], result.Unplaced);
        Assert.Equal("""
            Not linearizable (4 steps): no order of the operations explains the end of #3 b: read() -> 0.
            The longest order that explains what ended before:
              #1 a: write(1) -> 1  (events 0 to 1)
              #2 b: read() -> 1  (events 2 to 3)
              state: 1
            Cannot all be placed next:
              #3 b: read() -> 0  (events 4 to 5)
            """, result.ToString());
        var fast = Linearizability.CheckRegister(history, 0);
        Assert.Contains("holds 0 from the beginning to event 4 at least, and 1 from event 1 to event 2 at least", fast.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void let_an_operation_with_an_unknown_outcome_take_effect_late_or_never()
    {
        var history = new History<RegisterInput<int>, int>();
        history.Unknown(history.Call("a", RegisterInput.Write(1)));
        history.Return(history.Call("b", RegisterInput.Read<int>()), 0);
        Assert.True(General(history).IsLinearizable);
        Assert.True(Linearizability.CheckRegister(history, 0).IsLinearizable);

        history.Return(history.Call("b", RegisterInput.Read<int>()), 1);
        Assert.True(General(history).IsLinearizable);
        Assert.True(Linearizability.CheckRegister(history, 0).IsLinearizable);

        history.Return(history.Call("b", RegisterInput.Read<int>()), 0);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, General(history).Verdict);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, Linearizability.CheckRegister(history, 0).Verdict);
    }

    [Fact]
    public void not_let_a_failed_operation_take_effect()
    {
        var history = new History<RegisterInput<int>, int>();
        history.Fail(history.Call("a", RegisterInput.Write(1)));
        history.Return(history.Call("b", RegisterInput.Read<int>()), 1);

        Assert.Equal(LinearizabilityVerdict.NotLinearizable, General(history).Verdict);
        Assert.Contains("never written", Linearizability.CheckRegister(history, 0).Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void find_two_owners_of_a_lock()
    {
        var history = new History<(string Action, int Who), bool>();
        history.Return(history.Call("a", ("acquire", 1)), true);
        var second = history.Call("b", ("acquire", 2));
        var release = history.Call("a", ("release", 1));
        history.Return(second, true);
        Assert.True(Linearizability.Check(history, s_lock).IsLinearizable);

        history.Return(release, false);
        var result = Linearizability.Check(history, s_lock);
        Assert.Equal(LinearizabilityVerdict.NotLinearizable, result.Verdict);
        Assert.Equal([second, release], result.Unplaced);
    }

    [Fact]
    public void follow_every_choice_that_a_model_leaves_open()
    {
        // A bag: take returns any element.
        var bag = SequentialModel.Create<string, string, string>("", (state, input, observed) => input == "take"
            ? [.. state.Where(item => observed.Allows(item.ToString())).Select(item => state.Remove(state.IndexOf(item, StringComparison.Ordinal), 1))]
            : [string.Concat((state + input).Order())]);
        var history = new History<string, string>();
        foreach (var item in new[] { "c", "a", "b" })
            history.Return(history.Call(item, item), "");
        history.Unknown(history.Call("lost", "take"));
        history.Return(history.Call("d", "take"), "b");
        history.Return(history.Call("d", "take"), "c");
        Assert.True(Linearizability.Check(history, bag).IsLinearizable);
        history.Return(history.Call("d", "take"), "a");
        Assert.True(Linearizability.Check(history, bag).IsLinearizable);
        history.Return(history.Call("d", "take"), "a");
        Assert.False(Linearizability.Check(history, bag).IsLinearizable);
    }

    [Fact]
    public void say_that_it_is_undecided_when_the_step_limit_is_reached()
    {
        var history = new History<RegisterInput<int>, int>();
        for (var i = 1; i <= 20; i++)
            history.Unknown(history.Call("a", RegisterInput.Write(i % 10)));
        history.Return(history.Call("b", RegisterInput.Read<int>()), 99);

        var result = General(history, maxSteps: 1000);
        Assert.Equal(LinearizabilityVerdict.Undecided, result.Verdict);
        Assert.False(result.IsLinearizable);
        Assert.Contains("the limit of 1000 steps was reached", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void not_try_several_places_for_an_operation_that_the_model_calls_read_only()
    {
        var steps = 0L;
        for (var seed = 0; seed < 20; seed++)
        {
            var history = RegisterHistories.Create(seed, operations: 200, clients: 8);
            var result = General(history);
            Assert.True(result.IsLinearizable);
            steps += result.Steps;
        }
        var blind = SequentialModel.Create<int, RegisterInput<int>, int>(0, s_register.Apply);
        var blindSteps = Enumerable.Range(0, 20).Sum(seed =>
            Linearizability.Check(RegisterHistories.Create(seed, operations: 200, clients: 8), blind).Steps);
        Assert.True(steps * 2 < blindSteps, $"{steps} steps, and {blindSteps} if no operation is known to be read-only");
    }

    [Fact]
    public void refuse_a_model_whose_read_only_operation_changes_the_state()
    {
        var history = new History<int, int>();
        history.Return(history.Call(1, 5), 5);
        var model = SequentialModel.Deterministic<int, int, int>(0, (state, add) => (state + add, state + add), isReadOnly: _ => true);
        Assert.Contains("correct IsReadOnly", Assert.Throws<InvalidOperationException>(() => Linearizability.Check(history, model)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void check_each_partition_separately_and_name_the_one_that_fails()
    {
        var history = new History<(string Key, int? Write), int>();
        history.Return(history.Call(1, ("x", 5)), 0);
        history.Return(history.Call(1, ("y", null)), 0);
        history.Return(history.Call(1, ("x", null)), 5);
        var model = SequentialModel.Deterministic<int, (string Key, int? Write), int>(0, (state, input) =>
            input.Write is { } value ? (value, 0) : (state, state));

        Assert.False(Linearizability.Check(history, model).IsLinearizable);
        Assert.True(Linearizability.Check(history, model, input => input.Key).IsLinearizable);
        history.Return(history.Call(1, ("y", null)), 5);
        Assert.Equal("y", Linearizability.Check(history, model, input => input.Key).PartitionKey);
    }

    [Fact]
    public void agree_with_the_trial_of_every_order()
    {
        var linearizable = 0;
        for (var seed = 0; seed < 3000; seed++)
        {
            // Few values, so that writes repeat and the general checker is needed.
            var history = RegisterHistories.Create(seed, operations: 6, clients: 3, lost: 0.1, corrupt: 0.3, values: 3);
            var expected = EveryOrder(history.Operations, [], 0);
            Assert.True(expected == General(history).IsLinearizable, $"seed {seed}: expected {expected}\n{history}");
            Assert.Equal(expected, Linearizability.Check(history, s_register).IsLinearizable);
            linearizable += expected ? 1 : 0;
        }
        Assert.InRange(linearizable, 500, 2500);
    }

    [Fact]
    public void end_the_longest_prefix_where_the_shortest_failing_history_ends()
    {
        var failures = 0;
        for (var seed = 0; seed < 1000; seed++)
        {
            var history = RegisterHistories.Create(seed, operations: 12, clients: 4, lost: 0.1, corrupt: 0.15);
            if (General(history) is not { Verdict: LinearizabilityVerdict.NotLinearizable } result)
                continue;
            failures++;
            Assert.False(General(Cut(history, result.Culprit!.EndPosition!.Value)).IsLinearizable);
            Assert.True(General(Cut(history, result.Culprit.EndPosition.Value - 1)).IsLinearizable);
        }
        Assert.InRange(failures, 200, 1000);
    }

    // The same history as it was at an event.
    private static History<RegisterInput<int>, int> Cut(History<RegisterInput<int>, int> history, int last)
    {
        var cut = new History<RegisterInput<int>, int>();
        Dictionary<int, Operation<RegisterInput<int>, int>> copies = [];
        for (var position = 0; position <= last; position++)
        {
            foreach (var operation in history.Operations)
            {
                if (operation.CallPosition == position)
                    copies.Add(operation.Number, cut.Call(operation.Number, operation.Input));
                else if (operation.EndPosition == position)
                    cut.Return(copies[operation.Number], operation.Output);
            }
        }
        return cut;
    }

    private static bool EveryOrder(IReadOnlyList<Operation<RegisterInput<int>, int>> operations, HashSet<int> placed, int state)
    {
        var left = operations.Where(operation => !placed.Contains(operation.Number)).ToList();
        if (left.All(operation => operation.IsOpen))
            return true;
        foreach (var next in left)
        {
            var mayBeNext = left.All(other => other == next || other.EndPosition is not { } end || end > next.CallPosition);
            if (!mayBeNext || (!next.Input.IsWrite && !next.IsOpen && next.Output != state))
                continue;
            placed.Add(next.Number);
            var found = EveryOrder(operations, placed, next.Input.IsWrite ? next.Input.Value : state);
            placed.Remove(next.Number);
            if (found)
                return true;
        }
        return false;
    }
}
