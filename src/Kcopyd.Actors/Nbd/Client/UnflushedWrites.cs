using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Writes that were acknowledged and not flushed, in the order of their acknowledgements, to be written again to a restarted server. Data is copied
/// sequentially into large chunks, which are reused: a write allocates nothing.
/// </summary>
internal sealed class UnflushedWrites
{
    private const int ChunkSize = 1 << 20;      // bytes
    private const int MaxSpare = 16;            // chunks
    private const int Descriptor = 1024;        // bytes that each write counts in addition to its data, to limit the number of writes, too

    private readonly Stack<byte[]> _spare = new();
    private Entry[] _entries = new Entry[256];  // a ring; the length is a power of two
    private long _first, _end;                  // numbers of the first entry and of the one after the last
    private byte[]? _chunk;                     // being filled
    private int _filled;

    /// <summary>Bytes kept, as counted by the limit.</summary>
    public long Bytes { get; private set; }

    public bool IsEmpty => _first == _end;

    public long First => _first;

    /// <summary>All writes kept now have smaller numbers.</summary>
    public long End => _end;

    public ref readonly Entry this[long number] => ref _entries[number & (_entries.Length - 1)];

    /// <summary>Returns the bytes that a write will count.</summary>
    public static long CostOf(NbdCommand command, long length) => command == NbdCommand.Write ? length + Descriptor : Descriptor;

    private static long CostOf(in Entry entry) => entry.Chunk is null ? Descriptor : entry.Length + Descriptor;

    /// <summary>Adds the range of a write that is already on the medium. Nothing kept before may be written there again, not even until it would be
    /// overwritten: the medium has newer data, which was promised to stay.</summary>
    public void AddStable(long offset, long length) => Push(new Entry(NbdCommand.Write, CommandFlags.Fua, offset, length, null, 0));

    /// <summary>Returns the writes of a replay, in order.</summary>
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

    /// <summary>Drops the writes before a mark, which are on stable storage.</summary>
    public void DropBefore(long mark)
    {
        for (; _first < mark; _first++)
        {
            ref var entry = ref _entries[_first & (_entries.Length - 1)];
            Bytes -= CostOf(entry);
            var next = _first + 1 < _end ? this[_first + 1].Chunk : null;
            // A chunk is free unless the next entry uses it or it is being filled. Entries without data may lie between.
            if (entry.Chunk is { } chunk && chunk != next && chunk != _chunk && !IsUsedAfter(_first, chunk) && _spare.Count < MaxSpare)
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

        /// <summary>True if neither the write nor anything older there is written again.</summary>
        public bool IsStable => Command == NbdCommand.Write && Chunk is null;

        public Memory<byte> Data => Chunk is null ? default : Chunk.AsMemory(At, (int)Length);

        public Entry Part(long from, long length) => this with { Offset = Offset + from, Length = length, At = Chunk is null ? 0 : At + (int)from };

        public bool Overlaps(long offset, long length) => offset < Offset + Length && Offset < offset + length;
    }
}
