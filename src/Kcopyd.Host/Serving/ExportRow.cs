using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>A row of the table of exports.</summary>
internal static class ExportRow
{
    /// <summary>Export, device, clients, requests, bytes read and written per second, errors so far, and how full the store is.</summary>
    public static string[] Of(NbdExportStatus status, string path, ExportRates rates, SnapshotStatus? snapshot)
    {
        var rate = rates.Of(status.Name);
        return
        [
            status.Name.Length == 0 ? "(default)" : status.Name,
            status.IsReadOnly ? $"{path} (read-only)" : path,
            Number(status.Connections),
            Number(rate.Requests),
            ByteSize.Format(rate.BytesRead),
            ByteSize.Format(rate.BytesWritten),
            Number(status.Errors),
            snapshot is null ? ""
                : snapshot.State is SnapshotState.Active ? string.Create(CultureInfo.InvariantCulture, $"{snapshot.UsedPercent:0.0} %")
                : snapshot.State.ToString(),
        ];
    }

    private static string Number(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}

/// <summary>Computes the rates per second between two samples.</summary>
internal sealed class ExportRates
{
    private readonly Dictionary<string, (NbdExportStatus Last, ExportRate Rate)> _exports = new(StringComparer.Ordinal);
    private long _lastSample;

    /// <summary>Samples the totals.</summary>
    /// <param name="statuses">The current status of the exports.</param>
    /// <param name="now">The time, from <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Look(IReadOnlyList<NbdExportStatus> statuses, long now)
    {
        var seconds = Math.Max(Stopwatch.GetElapsedTime(_lastSample, now).TotalSeconds, 1e-3);
        foreach (var status in statuses)
        {
            var rate = _exports.TryGetValue(status.Name, out var before)
                ? new ExportRate(
                    (status.Requests - before.Last.Requests) / seconds,
                    (status.BytesRead - before.Last.BytesRead) / seconds,
                    (status.BytesWritten - before.Last.BytesWritten) / seconds)
                : default;
            _exports[status.Name] = (status, rate);
        }
        _lastSample = now;
    }

    public ExportRate Of(string name) => _exports.TryGetValue(name, out var export) ? export.Rate : default;
}

/// <summary>Rates of an export, per second.</summary>
internal readonly record struct ExportRate(double Requests, double BytesRead, double BytesWritten);
