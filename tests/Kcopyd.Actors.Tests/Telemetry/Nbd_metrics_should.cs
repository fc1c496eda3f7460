using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Server;
using Kcopyd.Actors.Telemetry;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

/// <summary>Every test uses unique names, because the instruments belong to the whole process.</summary>
public sealed class Nbd_metrics_should : AkkaTestKit
{
    private readonly string _name = "metrics-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task add_up_what_was_done_on_exports_of_a_name_by_outcome_and_direction()
    {
        var folder = Directory.CreateTempSubdirectory("kcopyd-metrics-");
        await using (var one = Start(Path.Combine(folder.FullName, "one"), out var first))
        await using (var other = Start(Path.Combine(folder.FullName, "other"), out var second))
        {
            first.Count(new ExportCounts(Requests: 5, Errors: 2, BytesRead: 100, BytesWritten: 10));
            Assert.True(first.TryEnter());
            second.Count(new ExportCounts(Requests: 1, Errors: 0, BytesRead: 1, BytesWritten: 0));
            AwaitAssert(() => Assert.Equal(4, Sum("kcopyd.nbd.requests", "kcopyd.export", "kcopyd.outcome", "ok")));    // once both actors have started
            Assert.Equal(2, Sum("kcopyd.nbd.requests", "kcopyd.export", "kcopyd.outcome", "failed"));
            Assert.Equal(101, Sum("kcopyd.nbd.io", "kcopyd.export", "kcopyd.io.direction", "read"));
            Assert.Equal(10, Sum("kcopyd.nbd.io", "kcopyd.export", "kcopyd.io.direction", "write"));
            Assert.Equal(1, Sum("kcopyd.nbd.connections", "kcopyd.export"));
        }
        Assert.Null(Sum("kcopyd.nbd.requests", "kcopyd.export", "kcopyd.outcome", "ok"));     // nothing is kept for a server that is gone
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task show_how_full_the_stores_of_open_snapshots_are()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(1 << 20), _name);
        await using (var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Memory(1 << 20, name: _name), new() { ChunkSize = 4096 }))
        {
            Assert.Equal(2 * 4096, Sum("kcopyd.snapshot.usage", "kcopyd.snapshot"));
            await snapshot.WriteAsync(0, new byte[3 * 4096]);
            Assert.Equal(5 * 4096, Sum("kcopyd.snapshot.usage", "kcopyd.snapshot"));
            Assert.Equal(1 << 20, Sum("kcopyd.snapshot.limit", "kcopyd.snapshot", "kcopyd.origin", _name));
        }
        Assert.Null(Sum("kcopyd.snapshot.usage", "kcopyd.snapshot"));
        await origin.OpenSnapshotAsync(BlockDevice.Memory(1 << 20, name: _name));
        await origin.DisposeAsync();
        Assert.Null(Sum("kcopyd.snapshot.usage", "kcopyd.snapshot"));
    }

    private NbdServer Start(string socket, out ExportCore export)
    {
        var server = Sys.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            Exports = [new NbdExport(_name, BlockDevice.Memory(4096))],
        });
        export = server.Core.Exports.Find(_name)!;
        return server;
    }

    // The current measurement under this test's name; null if there is none.
    private double? Sum(string instrument, string nameTag, string? tag = null, string? value = null)
    {
        var measured = new ConcurrentQueue<long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (published, to) =>
        {
            if (published.Meter.Name == KcopydTelemetry.Name && published.Name == instrument)
                to.EnableMeasurementEvents(published);
        };
        listener.SetMeasurementEventCallback<long>((_, number, tags, _) =>
        {
            var all = new Dictionary<string, object?>(tags.ToArray());
            if (_name.Equals(all[nameTag]) && (tag is null || value!.Equals(all[tag])))
                measured.Enqueue(number);
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return measured.IsEmpty ? null : measured.Sum();
    }
}
