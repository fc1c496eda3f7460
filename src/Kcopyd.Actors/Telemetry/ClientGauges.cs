using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Kcopyd.Actors.Client;

namespace Kcopyd.Actors.Telemetry;

/// <summary>Gauges over all living clients of the process, read when somebody collects.</summary>
internal static class ClientGauges
{
    private static readonly ConcurrentDictionary<ClientCore, byte> Clients = new();

    static ClientGauges()
    {
        KcopydTelemetry.Meter.CreateObservableGauge("kcopyd.pages.used", () => Measure(core => Volatile.Read(ref core.PageBytesInUse)), "By", "Bytes of the page pool that are leased.");
        KcopydTelemetry.Meter.CreateObservableGauge("kcopyd.queue.length", () => Measure(core => core.Gate.Jobs), "{job}", "Jobs admitted and not yet notified.");
        KcopydTelemetry.Meter.CreateObservableGauge("kcopyd.callbacks.outstanding", () => Measure(core => core.Gate.Callbacks), "{callback}", "Prepared callbacks neither fired nor abandoned.");
    }

    public static void Add(ClientCore core) => Clients[core] = 0;

    public static void Remove(ClientCore core) => Clients.TryRemove(core, out _);

    private static IEnumerable<Measurement<long>> Measure(Func<ClientCore, long> value) =>
        Clients.Keys.Select(core => new Measurement<long>(value(core), new KeyValuePair<string, object?>("kcopyd.client", core.Name)));
}
