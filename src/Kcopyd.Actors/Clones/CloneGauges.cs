using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Clones;

/// <summary>
/// The hydration of all open clones in the process, measured when metrics are collected. The values are read without asking the clone's actor. The instruments
/// are published with the first clone.
/// </summary>
internal static class CloneGauges
{
    private static readonly LiveObjects<CloneCore> Clones = new();

    static CloneGauges()
    {
        Publish("kcopyd.clone.hydrated", "Bytes of clones that are hydrated: read from the destination.",
            static clone => Math.Min(clone.Map.Hydrated * clone.Geometry.RegionSize, clone.Geometry.Length));
        Publish("kcopyd.clone.size", "Size of clones in bytes.", static clone => clone.Geometry.Length);
    }

    public static void Add(CloneCore clone) => Clones.Add(clone);

    public static void Remove(CloneCore clone) => Clones.Remove(clone);

    private static void Publish(string name, string description, Func<CloneCore, long> value) =>
        KcopydTelemetry.Meter.CreateObservableUpDownCounter(name, () => Measure(value), "By", description);

    private static IEnumerable<Measurement<long>> Measure(Func<CloneCore, long> value) => Clones.All
        .GroupBy(static clone => clone.Name)
        .Select(same => new Measurement<long>(same.Sum(value), new KeyValuePair<string, object?>("kcopyd.clone", same.Key)));
}
