using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// The memory blocks of one connection: a few reserved for it, and beyond them the pool that all connections share. Used by its actor only.
/// </summary>
/// <remarks>Thus a quiet client never waits for greedy ones, and the hot path of a small load takes no lock. A greedy client holds at most a fixed share of the
/// pool, even if it does not read its replies; it may always hold one block of any size.</remarks>
internal sealed class ConnectionMemory(SharedMemory shared, int own, long share, MemoryWaiter waiter)
{
    private readonly Stack<Memory<byte>>[] _free = [.. Enumerable.Range(0, SizeClass.Of(own) + 1).Select(static _ => new Stack<Memory<byte>>())];
    private int _held;          // reserved bytes that are allocated
    private long _borrowed;     // bytes from the shared pool
    private bool _isWaiting;

    /// <summary>Lends a block of at least the given size. If it returns false, retry after a block is returned or the waiter is notified.</summary>
    public bool TryRent(int bytes, out MemoryBlock block)
    {
        var sizeClass = SizeClass.Of(bytes);
        if (sizeClass < _free.Length && TryRentOwn(sizeClass, out var memory))
        {
            Leave();
            block = new MemoryBlock(memory, IsOwn: true);
            return true;
        }
        block = new MemoryBlock(Borrow(sizeClass), IsOwn: false);
        _borrowed += block.Memory.Length;
        return !block.Memory.IsEmpty;
    }

    public void Return(MemoryBlock block)
    {
        if (block.Memory.IsEmpty)
            return;
        if (block.IsOwn)
        {
            _free[SizeClass.Of(block.Memory.Length)].Push(block.Memory);
            return;
        }
        _borrowed -= block.Memory.Length;
        shared.Return(block.Memory);
    }

    /// <summary>Stops waiting for shared memory.</summary>
    public void Leave()
    {
        if (_isWaiting)
            shared.Leave(waiter);
        _isWaiting = false;
    }

    private Memory<byte> Borrow(int sizeClass)
    {
        if (_isWaiting)
        {
            var got = shared.Take(waiter);
            _isWaiting = got.IsEmpty;
            return got;
        }
        if (_borrowed > 0 && _borrowed + SizeClass.Size(sizeClass) > share)
            return default;
        _isWaiting = !shared.TryRent(sizeClass, waiter, out var memory);
        return memory;
    }

    private bool TryRentOwn(int sizeClass, out Memory<byte> memory)
    {
        if (_free[sizeClass].TryPop(out memory))
            return true;
        var size = SizeClass.Size(sizeClass);
        for (var other = _free.Length - 1; other >= 0 && _held + size > own; other--)
        {
            while (_held + size > own && _free[other].TryPop(out _))
                _held -= SizeClass.Size(other);
        }
        if (_held + size > own)
            return false;
        _held += size;
        memory = AlignedMemory.Allocate(size);
        return true;
    }
}

/// <summary>Memory held by a request. The default value holds none.</summary>
internal readonly record struct MemoryBlock(Memory<byte> Memory, bool IsOwn);
