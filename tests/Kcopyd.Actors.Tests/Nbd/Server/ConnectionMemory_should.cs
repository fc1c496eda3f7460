using Akka.Actor;
using Kcopyd.Actors.Nbd.Server;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>A connection has a little memory of its own, and beyond that a share of the memory of all connections.</summary>
public sealed class ConnectionMemory_should
{
    private const int Own = 64 << 10;

    private readonly SharedMemory _shared = new(4 * Own);

    [Fact]
    public void lend_its_own_first_and_what_is_shared_behind_that()
    {
        var memory = Make();
        Assert.True(Rent(memory, Own).IsOwn);
        Assert.False(Rent(memory, Own).IsOwn);
        Assert.Equal(Own, _shared.Held);
    }

    [Fact]
    public void lend_again_what_was_returned()
    {
        var memory = Make();
        var (own, shared) = (Rent(memory, Own), Rent(memory, Own));
        memory.Return(own);
        Assert.True(own.Memory.Equals(Rent(memory, Own).Memory));
        memory.Return(shared);
        Assert.True(shared.Memory.Equals(Rent(memory, Own).Memory));
    }

    [Fact]
    public void cut_its_own_anew_for_requests_of_another_size()
    {
        var memory = Make();
        memory.Return(Rent(memory, Own));
        Assert.All(Enumerable.Range(0, Own / 4096).Select(_ => Rent(memory, 4096)), static block => Assert.True(block.IsOwn));
        Assert.False(Rent(memory, 4096).IsOwn);
    }

    [Fact]
    public void take_no_more_than_its_share_of_what_all_have()
    {
        var (greedy, quiet) = (Make(share: 2 * Own), Make());
        foreach (var _ in Enumerable.Range(0, 3))
            Rent(greedy, Own);
        Assert.False(greedy.TryRent(Own, out var _));
        Rent(quiet, Own);
        Rent(quiet, Own);
        Assert.Equal(3 * Own, _shared.Held);
    }

    [Fact]
    public void have_one_block_that_is_larger_than_its_share()
    {
        var memory = Make(share: Own);
        Rent(memory, 4 * Own);
        Assert.Equal(4 * Own, _shared.Held);
    }

    [Fact]
    public void get_a_block_in_the_order_of_asking_and_give_it_back_when_it_waits_no_longer()
    {
        var (first, second, third) = (Make(), Make(), Make());
        Rent(first, Own);
        var all = Rent(first, 4 * Own);
        Assert.False(second.TryRent(2 * Own, out _));
        Assert.False(third.TryRent(4 * Own, out _));
        first.Return(all);
        second.Leave();
        Assert.False(Rent(third, 4 * Own).IsOwn);
    }

    private ConnectionMemory Make(long share = 4 * Own) => new(_shared, Own, share, new MemoryWaiter(ActorRefs.Nobody));

    private static MemoryBlock Rent(ConnectionMemory memory, int bytes)
    {
        Assert.True(memory.TryRent(bytes, out var block));
        return block;
    }
}
