namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// The exceptions of one snapshot in memory: old chunk to new chunk. A hash table with open addressing in 256 parts that grow independently, so that growth
/// is never slow and never needs much memory at once: 20 to 30 bytes per exception.
/// </summary>
internal sealed class ExceptionTable
{
    /// <summary>Number of parts.</summary>
    public const int Parts = 1 << PartBits;

    private const int PartBits = 8;
    private const int MinSlots = 8;

    private readonly Part[] _parts = new Part[Parts];

    public long Count { get; private set; }

    /// <summary>The new chunk of a chunk; -1 if it has no exception.</summary>
    public long Find(long old)
    {
        var hash = Hash(old);
        ref readonly var part = ref _parts[hash >> (64 - PartBits)];
        if (part.Slots is not { } slots)
            return -1;
        for (var at = Home(hash, slots.Length); ; at = Next(at, slots.Length))
        {
            ref readonly var slot = ref slots[at];
            if (slot.Key == 0)
                return -1;
            if (slot.Key == old + 1)
                return slot.New;
        }
    }

    /// <returns>False if the chunk already has an exception, which is kept.</returns>
    public bool TryAdd(long old, long @new)
    {
        var hash = Hash(old);
        ref var part = ref _parts[hash >> (64 - PartBits)];
        if (part.Slots is null)
            part.Slots = new Slot[MinSlots];
        else if ((part.Count + 1) * 5 > part.Slots.Length * 4)
            Grow(ref part);
        ref var slot = ref Place(part.Slots!, hash, old + 1);
        if (slot.Key != 0)
            return false;
        slot = new Slot { Key = old + 1, New = @new };
        part.Count++;
        Count++;
        return true;
    }

    public bool Remove(long old)
    {
        var hash = Hash(old);
        ref var part = ref _parts[hash >> (64 - PartBits)];
        if (part.Slots is not { } slots)
            return false;
        ref var found = ref Place(slots, hash, old + 1);
        if (found.Key == 0)
            return false;
        // Entries behind the gap move into it if probing for them would otherwise stop there.
        var gap = Home(hash, slots.Length);
        while (slots[gap].Key != old + 1)
            gap = Next(gap, slots.Length);
        for (var at = Next(gap, slots.Length); slots[at].Key != 0; at = Next(at, slots.Length))
        {
            var home = Home(Hash(slots[at].Key - 1), slots.Length);
            if (Distance(home, at, slots.Length) < Distance(gap, at, slots.Length))
                continue;
            slots[gap] = slots[at];
            gap = at;
        }
        slots[gap] = default;
        part.Count--;
        Count--;
        return true;
    }

    public IEnumerable<ExceptionRecord> All()
    {
        foreach (var part in _parts)
        {
            foreach (var slot in part.Slots ?? [])
            {
                if (slot.Key != 0)
                    yield return new ExceptionRecord(slot.Key - 1, slot.New);
            }
        }
    }

    /// <summary>Adds the old chunks of one part to a list, in no particular order.</summary>
    public void AddPart(int part, List<long> chunks)
    {
        foreach (ref readonly var slot in _parts[part].Slots.AsSpan())
        {
            if (slot.Key != 0)
                chunks.Add(slot.Key - 1);
        }
    }

    private static void Grow(ref Part part)
    {
        var larger = new Slot[part.Slots!.Length + part.Slots.Length / 2];
        foreach (ref readonly var slot in part.Slots.AsSpan())
        {
            if (slot.Key != 0)
                Place(larger, Hash(slot.Key - 1), slot.Key) = slot;
        }
        part.Slots = larger;
    }

    private static ref Slot Place(Slot[] slots, ulong hash, long key)
    {
        var at = Home(hash, slots.Length);
        while (slots[at].Key != 0 && slots[at].Key != key)
            at = Next(at, slots.Length);
        return ref slots[at];
    }

    private static ulong Hash(long old)
    {
        var mixed = (ulong)old;
        mixed = (mixed ^ (mixed >> 32)) * 0x9E3779B97F4A7C15;
        return mixed ^ (mixed >> 29);
    }

    private static int Home(ulong hash, int length) => (int)(((hash & uint.MaxValue) * (ulong)length) >> 32);

    private static int Next(int at, int length) => at + 1 == length ? 0 : at + 1;

    private static int Distance(int from, int to, int length) => to >= from ? to - from : to - from + length;

    private struct Slot
    {
        public long Key;    // the old chunk + 1; 0 is free
        public long New;
    }

    private struct Part
    {
        public Slot[]? Slots;
        public int Count;
    }
}
