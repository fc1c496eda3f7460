using System.Numerics;
using Akka.Actor;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// The memory blocks that all connections of a server share. Any thread. If none is available, a connection waits; waiters are served in FIFO order, so that
/// small requests cannot starve a large one.
/// </summary>
/// <remarks>Invariant: the blocks lent and those kept for reuse together never exceed the bound.</remarks>
internal sealed class SharedMemory(long bound)
{
    private const long KeptWhenIdle = 8 << 20;      // bytes

    private readonly Lock _lock = new();
    private readonly Stack<Memory<byte>>[] _free = [.. Enumerable.Range(0, SizeClass.Count).Select(static _ => new Stack<Memory<byte>>())];
    private readonly LinkedList<MemoryWaiter> _waiting = new();
    private long _held;     // bytes allocated
    private long _lent;     // bytes

    public long Bound => bound;

    /// <summary>Bytes allocated, lent or not.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
                return _held;
        }
    }

    /// <summary>Lends a block, or enqueues the waiter, which receives a block when its turn comes.</summary>
    public bool TryRent(int sizeClass, MemoryWaiter waiter, out Memory<byte> block)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && TryTake(sizeClass, out block))
                return true;
            waiter.SizeClass = sizeClass;
            waiter.Block = default;
            _waiting.AddLast(waiter);
        }
        block = default;
        return false;
    }

    public void Return(Memory<byte> block)
    {
        lock (_lock)
        {
            _lent -= block.Length;
            _free[SizeClass.Of(block.Length)].Push(block);
            ServeWaiting();
            if (_lent == 0)
                Shrink(KeptWhenIdle);
        }
    }

    /// <summary>Takes the block that a waiter received; empty if it has already been taken or returned.</summary>
    public Memory<byte> Take(MemoryWaiter waiter)
    {
        lock (_lock)
        {
            var block = waiter.Block;
            waiter.Block = default;
            return block;
        }
    }

    /// <summary>Removes a waiter, and returns the block that it may have received.</summary>
    public void Leave(MemoryWaiter waiter)
    {
        lock (_lock)
        {
            if (_waiting.Remove(waiter))
            {
                ServeWaiting();     // the waiter may have blocked those behind it
            }
            else if (!waiter.Block.IsEmpty)
            {
                _lent -= waiter.Block.Length;
                _free[waiter.SizeClass].Push(waiter.Block);
                waiter.Block = default;
                ServeWaiting();
            }
        }
    }

    private void ServeWaiting()
    {
        while (_waiting.First is { } first && TryTake(first.Value.SizeClass, out var block))
        {
            _waiting.RemoveFirst();
            first.Value.Block = block;
            first.Value.Connection.Tell(first.Value, ActorRefs.NoSender);
        }
    }

    private bool TryTake(int sizeClass, out Memory<byte> block)
    {
        var size = SizeClass.Size(sizeClass);
        if (!_free[sizeClass].TryPop(out block) && !TryAllocate(size, out block))
            return false;
        _lent += size;
        return true;
    }

    private bool TryAllocate(int size, out Memory<byte> block)
    {
        block = default;
        Shrink(bound - size);
        if (_held + size > bound)
            return false;
        _held += size;
        block = AlignedMemory.Allocate(size);
        return true;
    }

    // Largest first. Released blocks are left to the garbage collector.
    private void Shrink(long to)
    {
        for (var sizeClass = SizeClass.Count - 1; sizeClass >= 0; sizeClass--)
        {
            while (_held > to && _free[sizeClass].TryPop(out _))
                _held -= SizeClass.Size(sizeClass);
        }
    }
}

/// <summary>A connection that waits for memory, and the message that delivers it.</summary>
internal sealed class MemoryWaiter(IActorRef connection) : LinkedMessage
{
    public IActorRef Connection { get; } = connection;

    public int SizeClass;
    public Memory<byte> Block;
}

/// <summary>Block sizes: powers of two, from a page to the largest payload.</summary>
internal static class SizeClass
{
    private const int Smallest = 12;    // AlignedMemory.PageSize

    public const int Count = 25 - Smallest + 1;

    public static int Of(int bytes) => Math.Max(0, BitOperations.Log2((uint)Math.Max(bytes, 1) - 1) + 1 - Smallest);

    public static int Size(int sizeClass) => 1 << (sizeClass + Smallest);
}
