using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>
/// Metrics of the exports of all running servers in the process. They are read only when a collector observes them, so that serving pays nothing for them. The
/// instruments are published with the first server.
/// </summary>
internal static class NbdGauges
{
    private static readonly LiveObjects<ServerCore> Servers = new();

    static NbdGauges()
    {
        var meter = KcopydTelemetry.Meter;
        meter.CreateObservableCounter("kcopyd.nbd.requests",
            static () => Measure("kcopyd.outcome", "ok", static export => export.Requests - export.Errors, "failed", static export => export.Errors),
            "{request}", "Requests of clients that were answered, by outcome.");
        meter.CreateObservableCounter("kcopyd.nbd.io",
            static () => Measure("kcopyd.io.direction", "read", static export => export.BytesRead, "write", static export => export.BytesWritten),
            "By", "Bytes that clients have read and written.");
        meter.CreateObservableUpDownCounter("kcopyd.nbd.connections",
            static () => ByName().Select(static same => Of(same, static export => export.Connections)),
            "{connection}", "Clients that use an export.");
    }

    public static void Add(ServerCore core) => Servers.Add(core);

    public static void Remove(ServerCore core) => Servers.Remove(core);

    // Exports of two servers may share a name, and a collector keeps only the last of two measurements with the same tags.
    private static IEnumerable<IGrouping<string, NbdExportStatus>> ByName() =>
        Servers.All.SelectMany(static core => core.Exports.All).Select(static export => export.Status())
            .GroupBy(static export => export.Name, StringComparer.Ordinal);

    private static IEnumerable<Measurement<long>> Measure(string tag, string one, Func<NbdExportStatus, long> ofOne,
        string other, Func<NbdExportStatus, long> ofOther)
    {
        foreach (var same in ByName())
        {
            yield return Of(same, ofOne, new KeyValuePair<string, object?>(tag, one));
            yield return Of(same, ofOther, new KeyValuePair<string, object?>(tag, other));
        }
    }

    private static Measurement<long> Of(IGrouping<string, NbdExportStatus> same, Func<NbdExportStatus, long> value,
        params KeyValuePair<string, object?>[] tags) =>
        new(same.Sum(value), [new("kcopyd.export", same.Key), .. tags]);
}
