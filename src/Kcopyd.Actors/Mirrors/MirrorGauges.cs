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
        Publish("kcopyd.mirror.legs.in_sync", "{leg}", "Legs that have every acknowledged write.", static core => core.Counts.InSyncLegs);
        Publish("kcopyd.mirror.legs.failed", "{leg}", "Legs that are missing or have failed.", static core => core.Counts.FailedLegs);
        Publish("kcopyd.mirror.dirty", "By", "Bytes of the regions that recovery has yet to copy.", static core => core.Counts.DirtyBytes);
        Publish("kcopyd.mirror.log.records", "{record}", "Records written to the logs.", static core => core.Counts.LogRecords);
    }

    public static void Add(MirrorCore mirror) => Mirrors.Add(mirror);

    public static void Remove(MirrorCore mirror) => Mirrors.Remove(mirror);

    private static void Publish(string name, string unit, string description, Func<MirrorCore, long> value) =>
        KcopydTelemetry.Meter.CreateObservableUpDownCounter(name, () => Measure(value), unit, description);

    private static IEnumerable<Measurement<long>> Measure(Func<MirrorCore, long> value) =>
        Mirrors.All.GroupBy(static core => core.Name)
            .Select(same => new Measurement<long>(same.Sum(value), new KeyValuePair<string, object?>("kcopyd.mirror", same.Key)));
}

/// <summary>What the gauges show. Written by the mirror's actor, read by any thread.</summary>
internal sealed class MirrorCounts
{
    private long _inSyncLegs, _failedLegs, _dirtyBytes, _logRecords;

    public long InSyncLegs => Volatile.Read(ref _inSyncLegs);

    public long FailedLegs => Volatile.Read(ref _failedLegs);

    public long DirtyBytes => Volatile.Read(ref _dirtyBytes);

    public long LogRecords => Volatile.Read(ref _logRecords);

    public void Set(MirrorLegs legs, MirrorRegions regions, long logRecords)
    {
        Volatile.Write(ref _failedLegs, legs.Count - legs.WrittenCount);
        Volatile.Write(ref _inSyncLegs, legs.InSyncCount);
        Volatile.Write(ref _dirtyBytes, (regions.InSync.Size - regions.InSync.Count) * regions.Geometry.RegionSize);
        Volatile.Write(ref _logRecords, logRecords);
    }
}
