using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

/// <summary>Every test gives its client a unique name, because the instruments belong to the whole process.</summary>
public sealed class Metrics_should : AkkaTestKit
{
    private readonly string _name = "metrics-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task count_jobs_by_outcome_and_bytes_by_direction()
    {
        using var meters = new Meters(_name);
        var client = Sys.Kcopyd().CreateClient(_name);
        var source = BlockDevice.Memory(8192);
        await client.CopyAsync(source.Whole(), [BlockDevice.Memory(8192).Whole(), BlockDevice.Memory(8192).Whole()]);
        await client.CopyAsync(source.WithErrors(new ByteRange(0, 512)).Whole(), [BlockDevice.Memory(8192).Whole()]);
        await client.ZeroAsync([BlockDevice.Memory(4096).Whole()]);
        await client.DestroyAsync();
        Assert.Equal(2, meters.Sum("kcopyd.jobs", ("kcopyd.outcome", "ok")));
        Assert.Equal(1, meters.Sum("kcopyd.jobs", ("kcopyd.outcome", "failed")));
        Assert.Equal(8192, meters.Sum("kcopyd.io", ("kcopyd.io.direction", "read")));
        Assert.Equal((2 * 8192) + 4096, meters.Sum("kcopyd.io", ("kcopyd.io.direction", "write")));
        Assert.Equal(1, meters.Sum("kcopyd.errors.read", ("kcopyd.device", source.Name), ("error.type", "Io")));
        Assert.Equal(3, meters.Of("kcopyd.job.duration").Count());
        Assert.All(meters.Of("kcopyd.job.duration"), one => Assert.InRange(one.Value, 1e-7, 60));
        Assert.Equal(3, meters.Of("kcopyd.callback.duration").Count());
    }

    [Fact]
    public async Task count_what_was_offloaded_by_its_way_and_not_as_read()
    {
        using var meters = new Meters(_name);
        var client = Sys.Kcopyd().CreateClient(_name, Sys.Kcopyd().Settings with { SubJobSize = 4096 });
        var sparse = new OffloadingDevice(64 << 10, maps: true);
        sparse.Bytes[0] = 1;
        await client.CopyAsync(sparse.Whole(), [new OffloadingDevice(64 << 10, OffloadKinds.None).Whole(), BlockDevice.Memory(64 << 10).Whole()]);
        await client.CopyAsync(sparse.Whole(), [new OffloadingDevice(64 << 10).Whole()]);
        await client.DestroyAsync();
        Assert.Equal(2 * (60 << 10), meters.Sum("kcopyd.offloaded", ("kcopyd.offload", "holes")));
        Assert.Equal(64 << 10, meters.Sum("kcopyd.offloaded", ("kcopyd.offload", "reflink")));
        Assert.Equal(4 << 10, meters.Sum("kcopyd.io", ("kcopyd.io.direction", "read")));
        Assert.Equal(3 * (64 << 10), meters.Sum("kcopyd.io", ("kcopyd.io.direction", "write")));
    }

    [Fact]
    public async Task count_errors_for_each_destination_by_its_device()
    {
        using var meters = new Meters(_name);
        var client = Sys.Kcopyd().CreateClient(_name);
        var good = BlockDevice.Memory(4096, name: "good");
        var full = BlockDevice.Memory(4096, name: "full").WithErrorAt(1, long.MaxValue, IoError.NoSpace);
        var bad = BlockDevice.Memory(4096, name: "bad").WithErrorAt(1, long.MaxValue);
        await client.CopyAsync(BlockDevice.Memory(4096).Whole(), [full.Whole(), good.Whole(), bad.Whole()], CopyFlags.IgnoreError);
        await client.DestroyAsync();
        Assert.Equal(1, meters.Sum("kcopyd.errors.write", ("kcopyd.device", full.Name), ("error.type", "NoSpace")));
        Assert.Equal(1, meters.Sum("kcopyd.errors.write", ("kcopyd.device", bad.Name), ("error.type", "Io")));
        Assert.Equal(2, meters.Of("kcopyd.errors.write").Sum(one => one.Value));
    }

    [Fact]
    public async Task count_what_was_refused_and_callbacks_that_threw()
    {
        using var meters = new Meters(_name);
        var client = Sys.Kcopyd().CreateClient(_name, Sys.Kcopyd().Settings with { MaxPreparedCallbacks = 1 });
        var token = client.PrepareCallback((_, _, _) => throw new InvalidOperationException("as the test wants"));
        Assert.Throws<KcopydQueueFullException>(() => client.PrepareCallback((_, _, _) => { }));
        token.Submit();
        await client.DestroyAsync();
        Assert.Equal(1, meters.Sum("kcopyd.refusals"));
        Assert.Equal(1, meters.Sum("kcopyd.callback.failures"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task show_what_a_client_holds_whoever_came_first(bool isListenerFirst)
    {
        var early = isListenerFirst ? new Meters(_name) : null;
        var client = Sys.Kcopyd().CreateClient(_name, Sys.Kcopyd().Settings with { MaxJobs = 9 });
        var stalled = BlockDevice.Memory(64 << 10).WithStall();
        var copy = client.CopyAsync(BlockDevice.Memory(64 << 10).Whole(), [stalled.Whole()]);
        var token = client.PrepareCallback((_, _, _) => { });
        await stalled.WaitingAsync();
        await client.GetStatusAsync();  // so that the client has recorded its leases
        using (var meters = early ?? new Meters(_name))
        {
            meters.Collect();
            Assert.Equal(1, meters.Sum("kcopyd.queue.length"));
            Assert.Equal(9, meters.Sum("kcopyd.queue.limit"));
            Assert.Equal(64 << 10, meters.Sum("kcopyd.pages.usage"));
            Assert.Equal(client.Settings.PagePoolSize, meters.Sum("kcopyd.pages.limit"));
            Assert.Equal(1, meters.Sum("kcopyd.callbacks.outstanding"));
            stalled.Release();
            token.Submit();
            await copy;
            await client.DestroyAsync();
            meters.Clear();
            meters.Collect();
            Assert.Empty(meters.Of("kcopyd.queue.length"));     // a client that is gone is not reported
        }
    }

    [Fact]
    public async Task count_jobs_that_died_with_their_client()
    {
        using var meters = new Meters(_name);
        var client = Sys.Kcopyd().CreateClient(_name);
        var stalled = BlockDevice.Memory(4096).WithStall();
        var copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [stalled.Whole()]);
        await stalled.WaitingAsync();
        Sys.Stop(client.Actor);
        Assert.False((await copy).IsSuccess);
        Assert.Equal(1, meters.Sum("kcopyd.jobs", ("kcopyd.outcome", "stopped")));
        stalled.Release();
    }

    [Fact]
    public async Task have_units_and_descriptions_and_names_in_lower_case()
    {
        using var meters = new Meters(_name);
        await AllInstruments.PublishAsync(Sys, _name);
        AwaitAssert(() => Assert.Equal(AllInstruments.Count, meters.Instruments.Count));    // some are published when actors start
        Assert.All(meters.Instruments, one =>
        {
            Assert.Matches("^kcopyd(\\.[a-z]+)+$", one.Name);
            Assert.Matches("^(s|By|\\{[a-z]+\\})$", one.Unit);
            Assert.EndsWith(".", one.Description, StringComparison.Ordinal);
        });
    }
}
