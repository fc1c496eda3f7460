using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Client;

/// <summary>
/// What all live clients of the process hold now, read when metrics are collected. These are up-down counters, not gauges, because the sum over clients is
/// meaningful. They are published with the first client; existing listeners learn of them then.
/// </summary>
internal static class ClientGauges
{
    private static readonly LiveObjects<ClientCore> Clients = new();

    static ClientGauges()
    {
        Publish("kcopyd.pages.usage", "By", "Bytes of the page pool that are leased.", static core => Volatile.Read(ref core.PageBytesInUse));
        Publish("kcopyd.pages.limit", "By", "Bytes that the page pool may hold.", static core => core.Settings.PagePoolSize);
        Publish("kcopyd.queue.length", "{job}", "Jobs admitted and not yet notified.", static core => core.Gate.Jobs);
        Publish("kcopyd.queue.limit", "{job}", "Jobs that may be admitted and not yet notified.", static core => core.Settings.MaxJobs);
        KcopydTelemetry.Meter.CreateObservableGauge(
            "kcopyd.io.oldest", MeasureOldest, "s", "Age of the oldest piece of a job in flight, sampled every five seconds.");
        Publish("kcopyd.callbacks.outstanding", "{callback}", "Prepared callbacks neither fired nor abandoned.", static core => core.Gate.Callbacks);
    }

    public static void Add(ClientCore core) => Clients.Add(core);

    public static void Remove(ClientCore core) => Clients.Remove(core);

    private static void Publish(string name, string unit, string description, Func<ClientCore, long> value) =>
        KcopydTelemetry.Meter.CreateObservableUpDownCounter(name, () => Measure(value), unit, description);

    private static IEnumerable<Measurement<double>> MeasureOldest() =>
        Clients.All.GroupBy(static core => core.Name).Select(same => new Measurement<double>(
            same.Max(static core => TimeSpan.FromTicks(Volatile.Read(ref core.OldestIoTicks)).TotalSeconds),
            new KeyValuePair<string, object?>("kcopyd.client", same.Key)));

    // Clients of two actor systems may share a name, and a collector keeps only the last of two measurements with the same tags.
    private static IEnumerable<Measurement<long>> Measure(Func<ClientCore, long> value) =>
        Clients.All.GroupBy(static core => core.Name)
            .Select(same => new Measurement<long>(same.Sum(value), new KeyValuePair<string, object?>("kcopyd.client", same.Key)));
}
