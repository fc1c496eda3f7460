using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class History_should
{
    private readonly History<string, int> _history = new();

    [Fact]
    public void tell_its_story_with_one_line_for_each_event()
    {
        var put = _history.Call("alice", "put 1", TimeSpan.FromSeconds(1));
        _history.Note("the network is cut", TimeSpan.FromSeconds(1.5));
        var get = _history.Call(2, "get", TimeSpan.FromSeconds(2));
        _history.Return(get, 7, TimeSpan.FromSeconds(12.25));
        _history.Unknown(put, TimeSpan.FromSeconds(13));
        _history.Fail(_history.Call("alice", "put 2"));

        Assert.Equal("""
                 0   1.000000s  alice    call    #1 put 1
                 1   1.500000s           the network is cut
                 2   2.000000s  2        call    #2 get
                 3  12.250000s  2        return  #2 get -> 7
                 4  13.000000s  alice    unknown #1 put 1
                 5              alice/2  call    #3 put 2
                 6              alice/2  fail    #3 put 2

            """, _history.Story());
        Assert.Equal("#1 alice: put 1 -> unknown", put.ToString());
        Assert.Equal((2, 3, TimeSpan.FromSeconds(12.25)), (get.CallPosition, get.EndPosition, get.EndedAt));
        Assert.True(put.IsOpen);
        Assert.Null(put.EndPosition);
    }

    [Fact]
    public void refuse_a_second_call_while_the_first_is_in_progress()
    {
        _history.Call("a", "x");
        var refusal = Assert.Throws<InvalidOperationException>(() => _history.Call("a", "y"));
        Assert.Contains("#1 a: x -> pending", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void take_an_answer_that_arrives_after_the_caller_stopped_waiting()
    {
        var late = _history.Call("a", "x");
        _history.Unknown(late);
        var next = _history.Call("a", "y");
        _history.Return(late, 3);

        Assert.Equal("a/2", next.Client);
        Assert.Equal((OperationOutcome.Returned, 3, 3), (late.Outcome, late.Output, late.EndPosition!.Value));
    }

    [Fact]
    public void end_an_operation_once_and_only_its_own()
    {
        var one = _history.Call("a", "x");
        _history.Return(one, 1);

        Assert.Throws<InvalidOperationException>(() => _history.Return(one, 1));
        Assert.Throws<InvalidOperationException>(() => _history.Fail(one));
        Assert.Throws<InvalidOperationException>(() => _history.Unknown(one));
        var twice = _history.Call("b", "y");
        _history.Unknown(twice);
        Assert.Throws<InvalidOperationException>(() => _history.Unknown(twice));
        Assert.Throws<ArgumentException>("operation", () => _history.Return(new History<string, int>().Call("a", "x"), 1));
    }
}
