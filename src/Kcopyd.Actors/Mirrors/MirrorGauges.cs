using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The state of all open mirrors in the process, measured when metrics are collected. The values are read without asking the mirror's actor. The
/// instruments are published with the first mirror.</summary>
internal static class MirrorGauges
{
    private static readonly LiveObjects<MirrorCore> Mirrors = new();

    static MirrorGauges()
    {
        var meter = KcopydTelemetry.Meter;
        meter.CreateObservableUpDownCounter("kcopyd.mirror.legs", static () => MeasureLegs(), "{leg}", "Legs, by state.");
        meter.CreateObservableUpDownCounter("kcopyd.mirror.dirty", static () => Measure(static core => core.Counts.DirtyBytes),
            "By", "Bytes of the regions that recovery has yet to copy.");
        meter.CreateObservableCounter("kcopyd.mirror.log.records", static () => Measure(static core => core.Counts.LogRecords),
            "{record}", "Records written to the logs.");
    }

    public static void Add(MirrorCore mirror) => Mirrors.Add(mirror);

    public static void Remove(MirrorCore mirror) => Mirrors.Remove(mirror);

    private static IEnumerable<Measurement<long>> MeasureLegs() =>
        Measure(static core => core.Counts.InSyncLegs, "insync")
            .Concat(Measure(static core => core.Counts.RebuildingLegs, "rebuilding"))
            .Concat(Measure(static core => core.Counts.FailedLegs, "failed"));

    // Mirrors of two actor systems may share a name, and a collector keeps only the last of two measurements with the same tags.
    private static IEnumerable<Measurement<long>> Measure(Func<MirrorCore, long> value, string? state = null) =>
        Mirrors.All.GroupBy(static core => core.Name).Select(same => state is null
            ? new Measurement<long>(same.Sum(value), new KeyValuePair<string, object?>("kcopyd.mirror", same.Key))
            : new Measurement<long>(same.Sum(value), new("kcopyd.mirror", same.Key), new KeyValuePair<string, object?>("kcopyd.state", state)));
}

/// <summary>What the gauges show. Written by the mirror's actor, read by any thread.</summary>
internal sealed class MirrorCounts
{
    private long _inSyncLegs, _rebuildingLegs, _failedLegs, _dirtyBytes, _logRecords;

    public long InSyncLegs => Volatile.Read(ref _inSyncLegs);

    public long RebuildingLegs => Volatile.Read(ref _rebuildingLegs);

    public long FailedLegs => Volatile.Read(ref _failedLegs);

    public long DirtyBytes => Volatile.Read(ref _dirtyBytes);

    public long LogRecords => Volatile.Read(ref _logRecords);

    public void Set(MirrorLegs legs, MirrorRegions regions, long logRecords)
    {
        Volatile.Write(ref _failedLegs, legs.Count - legs.WrittenCount);
        Volatile.Write(ref _inSyncLegs, legs.InSyncCount);
        Volatile.Write(ref _rebuildingLegs, legs.WrittenCount - legs.InSyncCount);
        Volatile.Write(ref _dirtyBytes, (regions.InSync.Size - regions.InSync.Count) * regions.Geometry.RegionSize);
        Volatile.Write(ref _logRecords, logRecords);
    }
}
