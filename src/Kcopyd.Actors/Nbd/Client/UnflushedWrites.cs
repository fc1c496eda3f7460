using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Writes that were acknowledged and not flushed, in the order of their acknowledgements, to be written again to a server that was restarted.
/// Data are copied one after the other into large chunks, which are used again: nothing is allocated for a write.
/// </summary>
internal sealed class UnflushedWrites
{
    private const int ChunkSize = 1 << 20;      // bytes
    private const int MostSpare = 16;           // chunks
    private const int Descriptor = 64;          // bytes that a write without data counts for

    private readonly Stack<byte[]> _spare = new();
    private Entry[] _entries = new Entry[256];  // a ring; the length is a power of two
    private long _first, _end;                  // numbers of the first and of the one after the last
    private byte[]? _chunk;                     // that is being filled
    private int _filled;

    /// <summary>Bytes that are kept.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _first == _end;

    public long First => _first;

    /// <summary>All that is kept now has smaller numbers.</summary>
    public long End => _end;

    public ref readonly Entry this[long number] => ref _entries[number & (_entries.Length - 1)];

    /// <summary>What a write will count for.</summary>
    public static long CostOf(NbdCommand command, long length) => command == NbdCommand.Write ? length + Descriptor : Descriptor;

    public void Add(NbdCommand command, CommandFlags flags, long offset, long length, ReadOnlySpan<byte> data)
    {
        if (command != NbdCommand.Write)
        {
            Push(new Entry(command, flags, offset, length, null, 0));
            return;
        }
        while (!data.IsEmpty)
        {
            if (_chunk is null || _filled == ChunkSize)
                (_chunk, _filled) = (_spare.TryPop(out var spare) ? spare : GC.AllocateUninitializedArray<byte>(ChunkSize), 0);
            var count = Math.Min(data.Length, ChunkSize - _filled);
            data[..count].CopyTo(_chunk.AsSpan(_filled));
            Push(new Entry(command, flags, offset, count, _chunk, _filled));
            _filled += count;
            offset += count;
            data = data[count..];
        }
    }

    /// <summary>What was kept before a mark is on stable storage.</summary>
    public void DropBefore(long mark)
    {
        for (; _first < mark; _first++)
        {
            ref var entry = ref _entries[_first & (_entries.Length - 1)];
            Bytes -= CostOf(entry.Command, entry.Length);
            var next = _first + 1 < _end ? this[_first + 1].Chunk : null;
            // A chunk that is not the next one's, nor the one that is being filled, is nobody's any more. Writes without data lie between.
            if (entry.Chunk is { } chunk && chunk != next && chunk != _chunk && !IsUsedAfter(_first, chunk) && _spare.Count < MostSpare)
                _spare.Push(chunk);
            entry = default;
        }
        if (IsEmpty)
            _filled = 0;
    }

    private bool IsUsedAfter(long number, byte[] chunk)
    {
        for (var i = number + 1; i < _end; i++)
        {
            if (this[i].Chunk is { } other)
                return other == chunk;      // chunks are filled in order
        }
        return false;
    }

    private void Push(Entry entry)
    {
        if (_end - _first == _entries.Length)
        {
            var larger = new Entry[_entries.Length * 2];
            for (var i = _first; i < _end; i++)
                larger[i & (larger.Length - 1)] = this[i];
            _entries = larger;
        }
        _entries[_end++ & (_entries.Length - 1)] = entry;
        Bytes += CostOf(entry.Command, entry.Length);
    }

    internal readonly record struct Entry(NbdCommand Command, CommandFlags Flags, long Offset, long Length, byte[]? Chunk, int At)
    {
        public Memory<byte> Data => Chunk is null ? default : Chunk.AsMemory(At, (int)Length);

        public bool Overlaps(long offset, long length) => offset < Offset + Length && Offset < offset + length;
    }
}
