using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// How full the stores of all open snapshots of the process are, read when somebody collects. Numbers that the origin's actor has at that moment are
/// looked at without asking it: one of them may be of a moment before. The instruments are published with the first snapshot.
/// </summary>
internal static class SnapshotGauges
{
    private static readonly ConcurrentDictionary<SnapshotCore, byte> Snapshots = new();

    static SnapshotGauges()
    {
        Publish("kcopyd.snapshot.usage", "Bytes of snapshots' stores that are in use, metadata included.", static snapshot => snapshot.Store.UsedSectors << IoRegion.SectorShift);
        Publish("kcopyd.snapshot.limit", "Bytes of snapshots' stores: a full one ends its snapshot.", static snapshot => snapshot.Cow.Length);
    }

    public static void Add(SnapshotCore snapshot) => Snapshots[snapshot] = 0;

    public static void Remove(SnapshotCore snapshot) => Snapshots.TryRemove(snapshot, out _);

    private static void Publish(string name, string description, Func<SnapshotCore, long> value) =>
        KcopydTelemetry.Meter.CreateObservableUpDownCounter(name, () => Measure(value), "By", description);

    private static IEnumerable<Measurement<long>> Measure(Func<SnapshotCore, long> value) => Snapshots.Keys
        .GroupBy(static snapshot => (Origin: snapshot.Origin.Name, snapshot.Name))
        .Select(same => new Measurement<long>(same.Sum(value), new KeyValuePair<string, object?>("kcopyd.origin", same.Key.Origin), new KeyValuePair<string, object?>("kcopyd.snapshot", same.Key.Name)));
}
