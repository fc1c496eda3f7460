using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// The use of the stores of all open snapshots in the process, measured when metrics are collected. The values are read without asking the origin's actor, so
/// that one of them may be slightly older than another. The instruments are published with the first snapshot.
/// </summary>
internal static class SnapshotGauges
{
    private static readonly LiveObjects<SnapshotCore> Snapshots = new();

    static SnapshotGauges()
    {
        Publish("kcopyd.snapshot.usage", "Bytes in use in the stores of snapshots, including metadata.",
            static snapshot => snapshot.Store.UsedSectors << IoRegion.SectorShift);
        Publish("kcopyd.snapshot.limit", "Size of the stores of snapshots in bytes; a full store ends its snapshot.", static snapshot => snapshot.Cow.Length);
    }

    public static void Add(SnapshotCore snapshot) => Snapshots.Add(snapshot);

    public static void Remove(SnapshotCore snapshot) => Snapshots.Remove(snapshot);

    private static void Publish(string name, string description, Func<SnapshotCore, long> value) =>
        KcopydTelemetry.Meter.CreateObservableUpDownCounter(name, () => Measure(value), "By", description);

    private static IEnumerable<Measurement<long>> Measure(Func<SnapshotCore, long> value) => Snapshots.All
        .GroupBy(static snapshot => (Origin: snapshot.Origin.Name, snapshot.Name))
        .Select(same => new Measurement<long>(same.Sum(value),
            new KeyValuePair<string, object?>("kcopyd.origin", same.Key.Origin),
            new KeyValuePair<string, object?>("kcopyd.snapshot", same.Key.Name)));
}
