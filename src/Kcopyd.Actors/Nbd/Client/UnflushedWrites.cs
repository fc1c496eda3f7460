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
    private const int Descriptor = 1024;        // bytes that each write counts for beside its data: their number has a bound, too

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

    private static long CostOf(in Entry entry) => entry.Chunk is null ? Descriptor : entry.Length + Descriptor;

    /// <summary>What a write covers that is on the medium already. Nothing that was kept before may be written there again: not even for the
    /// moment until it would be overwritten again, because the medium has had something newer, and that was promised to stay.</summary>
    public void AddStable(long offset, long length) => Push(new Entry(NbdCommand.Write, CommandFlags.Fua, offset, length, null, 0));

    /// <summary>What is to be written again, in order.</summary>
    public List<Entry> Plan()
    {
        var plan = new List<Entry>();
        var stable = new List<Entry>();
        var parts = new Stack<Entry>();
        for (var number = _end - 1; number >= _first; number--)
        {
            ref readonly var entry = ref this[number];
            if (entry.IsStable)
            {
                stable.Add(entry);
                continue;
            }
            parts.Push(entry);
            while (parts.TryPop(out var part))
            {
                if (Covering(stable, part) is not { } newer)
                {
                    plan.Add(part);
                    continue;
                }
                if (newer.Offset > part.Offset)
                    parts.Push(part.Part(0, newer.Offset - part.Offset));
                if (newer.End < part.End)
                    parts.Push(part.Part(newer.End - part.Offset, part.End - newer.End));
            }
        }
        plan.Reverse();
        return plan;
    }

    private static Entry? Covering(List<Entry> stable, in Entry part)
    {
        foreach (var entry in stable)
        {
            if (entry.Overlaps(part.Offset, part.Length))
                return entry;
        }
        return null;
    }

    public void Add(NbdCommand command, CommandFlags flags, long offset, long length, ReadOnlySpan<byte> data)
    {
        if (command != NbdCommand.Write || data.IsEmpty)
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
            Bytes -= CostOf(entry);
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
        Bytes += CostOf(entry);
    }

    internal readonly record struct Entry(NbdCommand Command, CommandFlags Flags, long Offset, long Length, byte[]? Chunk, int At)
    {
        public long End => Offset + Length;

        /// <summary>Not to be written again, and nothing older there.</summary>
        public bool IsStable => Command == NbdCommand.Write && Chunk is null;

        public Memory<byte> Data => Chunk is null ? default : Chunk.AsMemory(At, (int)Length);

        public Entry Part(long from, long length) => this with { Offset = Offset + from, Length = length, At = Chunk is null ? 0 : At + (int)from };

        public bool Overlaps(long offset, long length) => offset < Offset + Length && Offset < offset + length;
    }
}
