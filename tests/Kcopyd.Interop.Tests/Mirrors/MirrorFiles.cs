namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The legs and the log of a script, and what they must hold after each step.</summary>
internal sealed class MirrorFiles
{
    private readonly MirrorShape _shape;
    private readonly byte[] _blob;
    private readonly Random _random = new(1);
    private byte[] _logBefore = [];
    private byte[][] _expected = [];        // per leg, without what is in flight

    /// <param name="shape">How the mirror begins.</param>
    /// <param name="blob">The bytes for all writes.</param>
    /// <param name="log">The first content of the log's device, if it is a log.</param>
    public MirrorFiles(MirrorShape shape, byte[] blob, byte[]? log)
    {
        (_shape, _blob) = (shape, blob);
        Legs = [.. Enumerable.Range(0, shape.Legs).Select(i => Content(shape.Equal ? 0 : i))];
        Log = log ?? [.. Enumerable.Repeat(shape.LogJunk, shape.LogSectors * 512)];
    }

    public byte[][] Legs { get; private set; }

    public byte[] Log { get; private set; }

    public bool HasLog => LogBytes.IsLog(Log);

    /// <summary>The regions that are clean when the step begins.</summary>
    public bool[] CleanBefore { get; private set; } = [];

    /// <summary>The mirror's content after the operations so far.</summary>
    public byte[] Expected => _expected[0];

    /// <summary>The number of comparisons made.</summary>
    public int Compared { get; private set; }

    /// <summary>The number of crashes that left legs with different data.</summary>
    public int Torn { get; private set; }

    /// <summary>Bytes of the regions that are not clean.</summary>
    public long DirtyBytes => Enumerable.Range(0, _shape.Regions).Sum(i => CleanBefore[i] ? 0L : _shape.SectorsOf(i) * 512);

    public void Begin(MirrorStep step)
    {
        CleanBefore = HasLog ? LogBytes.Clean(Log, _shape.Regions) : [.. Enumerable.Repeat(_shape.Equal, _shape.Regions)];
        _logBefore = [.. Log];
        if (step.Marks)
            Mark();
        _expected = [.. Legs.Select(leg => leg.ToArray())];
        for (var region = 0; step.Waits && region < _shape.Regions; region++)
        {
            for (var leg = 1; !CleanBefore[region] && leg < _shape.Legs; leg++)
                Part(_expected[0], region).CopyTo(Part(_expected[leg], region));
        }
        foreach (var operation in step.Operations)
            _expected.ToList().ForEach(leg => Data(operation).CopyTo(leg.AsMemory(operation.Sector * 512)));
    }

    /// <summary>Takes over what a step has left, and yields the differences from what it must have left.</summary>
    public IEnumerable<string> End(MirrorStep step, byte[][] legs, byte[] log)
    {
        (Legs, Log) = (legs, log);
        var clean = LogBytes.Clean(log, _shape.Regions);
        Torn += step is { Crashes: true, Waits: true } && step.InFlight.Any(Differs) ? 1 : 0;
        List<string> differences = [.. CheckLog(step, clean), .. CheckLegs(step, clean)];
        for (var region = 0; region < _shape.Regions; region++)
        {
            for (var leg = 1; clean[region] && leg < legs.Length; leg++)
                Part(legs[0], region).CopyTo(Part(legs[leg], region));      // removes the marks
        }
        return differences;
    }

    /// <summary>The bytes of an operation.</summary>
    public ReadOnlyMemory<byte> Data(MirrorOperation operation) =>
        operation.Change == MirrorChange.Write ? _blob.AsMemory(operation.At, operation.Count * 512) : new byte[operation.Count * 512];

    private IEnumerable<string> CheckLog(MirrorStep step, bool[] clean)
    {
        Compared++;
        var (expected, actual) = (LogBytes.Written(_logBefore, clean), Log);
        if (step.Ours)
            actual = LogBytes.WithLabelOf(actual, _logBefore);
        if (!expected.AsSpan().SequenceEqual(actual))
            yield return $"the log: bytes {string.Join(' ', Enumerable.Range(0, actual.Length).Where(i => actual[i] != expected[i]).Take(20))} differ";
        if (step.Ours && !Log.AsSpan(LogBytes.LabelAt).StartsWith("kcopyd-m"u8))
            yield return "the log has no label";
        var written = step.Operations.Concat(step.InFlight).ToArray();
        for (var region = 0; region < clean.Length; region++)
        {
            // The kernel records a region as clean when it is in sync; this library, when it looks for idle regions.
            var mayBeDirty = (!CleanBefore[region] && (!step.Waits || (step.Ours && step.Crashes)))
                || (step.Crashes && written.Any(write => Touches(write, region)));
            if (!clean[region] && !mayBeDirty)
                yield return $"the log: region {region} is not clean";
        }
    }

    private IEnumerable<string> CheckLegs(MirrorStep step, bool[] clean)
    {
        for (var leg = 0; leg < Legs.Length; leg++)
        {
            Compared++;
            for (var sector = 0; sector < _shape.Sectors; sector++)
            {
                if (Check(step, leg, sector, clean[sector / _shape.RegionSectors]) is { } difference)
                    yield return $"leg {leg}: sector {sector} of region {sector / _shape.RegionSectors} {difference}";
            }
        }
    }

    private string? Check(MirrorStep step, int leg, int sector, bool isClean)
    {
        var (actual, expected, first) = (Slice(Legs[leg]), Slice(_expected[leg]), Slice(_expected[0]));
        var isKnown = leg == 0 || step.Waits || CleanBefore[sector / _shape.RegionSectors];
        if (isKnown && !Same(actual, expected) && !IsInFlight(step, sector, actual))
            return "has other data";
        // A mark stays, unless it is overwritten.
        var isMarked = isKnown && !Same(expected, first);
        return isClean && !isMarked && !Same(actual, Slice(Legs[0])) ? "differs from leg 0 although the region is clean" : null;

        ArraySegment<byte> Slice(byte[] bytes) => new(bytes, sector * 512, 512);
    }

    private static bool Same(ArraySegment<byte> one, ArraySegment<byte> other) => one.AsSpan().SequenceEqual(other);

    private bool IsInFlight(MirrorStep step, int sector, ReadOnlySpan<byte> actual)
    {
        foreach (var write in step.InFlight)
        {
            if (write.Sector <= sector && sector < write.End && actual.SequenceEqual(Data(write).Span.Slice((sector - write.Sector) * 512, 512)))
                return true;
        }
        return false;
    }

    private void Mark()
    {
        for (var leg = 1; leg < _shape.Legs; leg++)
        {
            for (var region = 0; region < _shape.Regions; region++)
            {
                if (_random.Next(2) == 0)
                    _random.NextBytes(Part(Legs[leg], region).Slice(_random.Next(_shape.SectorsOf(region)) * 512, 512));
            }
        }
    }

    private bool Touches(MirrorOperation write, int region) =>
        write.Sector / _shape.RegionSectors <= region && region <= (write.End - 1) / _shape.RegionSectors;

    private Span<byte> Part(byte[] leg, int region) => leg.AsSpan(region * _shape.RegionSectors * 512, _shape.SectorsOf(region) * 512);

    private bool Differs(MirrorOperation write) => Legs.Any(leg => !Part(leg, write).SequenceEqual(Part(Legs[0], write)));

    private static Span<byte> Part(byte[] leg, MirrorOperation write) => leg.AsSpan(write.Sector * 512, write.Count * 512);

    private byte[] Content(int leg)
    {
        var content = new byte[_shape.Sectors * 512];
        new Random(leg + 7).NextBytes(content);
        return content;
    }
}
