using Akka.Dispatch;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

public sealed class RunnableDeque_should
{
    private readonly RunnableDeque _deque = new();

    [Fact]
    public void give_its_owner_the_newest_and_last_what_comes_last()
    {
        _deque.Push(new Named("old"));
        _deque.PushLast(new Named("last"));
        _deque.Push(new Named("new"));
        Assert.Equal(["new", "old", "last"], Taken(_deque.TakeNewest));
    }

    [Fact]
    public void give_a_thief_what_its_owner_comes_to_last()
    {
        _deque.Push(new Named("old"));
        _deque.PushLast(new Named("last"));
        _deque.Push(new Named("new"));
        Assert.Equal(["last", "old", "new"], Taken(_deque.TakeOldest));
    }

    [Fact]
    public void not_count_what_comes_last_so_that_nobody_is_woken_for_one_alone()
    {
        _deque.PushLast(new Named("last"));
        Assert.Equal(1, _deque.Push(new Named("first")));
        Assert.Equal(2, _deque.Push(new Named("second")));
        Assert.Equal("last", _deque.TakeOldest()!.ToString());
        Assert.Equal(3, _deque.Push(new Named("third")));
        _deque.PushLast(new Named("last"));
        Assert.Equal(["third", "second", "first", "last"], Taken(_deque.TakeNewest));
        Assert.Equal(1, _deque.Push(new Named("again")));
    }

    [Fact]
    public void keep_its_order_while_it_grows()
    {
        for (var i = 0; i < 1000; i++)
        {
            _deque.Push(new Named($"{i}"));
            _deque.PushLast(new Named($"{-i}"));
        }
        Assert.Equal(
            [.. Enumerable.Range(0, 1000).Select(static i => $"{999 - i}"), .. Enumerable.Range(0, 1000).Select(static i => $"{-i}")],
            Taken(_deque.TakeNewest));
    }

    private static List<string> Taken(Func<IRunnable?> take)
    {
        var taken = new List<string>();
        while (take() is { } runnable)
            taken.Add(runnable.ToString()!);
        return taken;
    }

    private sealed class Named(string name) : IRunnable
    {
        public void Run() { }

        public void Execute() { }

        public override string ToString() => name;
    }
}
