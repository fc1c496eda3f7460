using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots.Parts;

public sealed class Quiet_work_should
{
    private readonly QuietWork _changes = new();

    [Fact]
    public void let_no_request_begin_from_when_a_change_is_asked_for_until_it_has_ended()
    {
        Assert.True(_changes.IsIdle);
        _changes.Add(_changes.Begin);
        Assert.False(_changes.IsIdle);
        _changes.RunNext();
        Assert.Equal((false, true, false), (_changes.IsIdle, _changes.IsRunning, _changes.IsWaiting));
        _changes.End();
        Assert.True(_changes.IsIdle);
    }

    [Fact]
    public void run_changes_in_order_and_tell_whoever_asked_what_refused_one()
    {
        var order = new List<int>();
        var (good, bad) = (new Completion<Done>(Completions.OnPool), new Completion<Done>(Completions.OnPool));
        _changes.Add(good, () => order.Add(1));
        _changes.Add(bad, () => throw new InvalidOperationException("no"));
        _changes.Add(() => order.Add(3));
        while (_changes.IsWaiting)
            _changes.RunNext();
        Assert.Equal([1, 3], order);
        Assert.True(good.Task.IsCompletedSuccessfully);
        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => bad.Task.GetAwaiter().GetResult()).Message);
    }
}
