using System.Net;
using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class HostedOrigin_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task show_the_disk_as_it_was_and_close_all_of_it_when_the_host_stops()
    {
        var disk = Disk();
        var cow = Store();
        await disk.WriteExactlyAsync(0, new byte[] { 1 });
        using var host = await StartAsync(kcopyd => kcopyd.AddOrigin("disk", _ => disk, origin => origin.AddSnapshot("monday", _ => cow)));
        var devices = host.Services.GetRequiredService<DeviceRegistry>();
        await devices.Get<SnapshotOrigin>("disk").WriteExactlyAsync(0, new byte[] { 2 });
        Assert.Equal((1, 2), (await FirstAsync(devices.Get<Snapshot>("monday")), await FirstAsync(disk)));

        await host.StopAsync();
        Assert.Equal((true, true), (disk.IsDisposed, cow.IsDisposed));
        Assert.Empty(devices.Names);
        Assert.True(((MemoryBlockDevice)cow.Inner).SaysThatItIsValid());
    }

    [Fact]
    public async Task open_the_snapshot_that_is_in_the_store_when_the_host_starts_again()
    {
        var (disk, cow) = (Disk(), Store());
        for (byte start = 1; start <= 3; start++)
        {
            using var host = await StartAsync(kcopyd => kcopyd
                .AddOrigin("disk", _ => new DisposalProbe(disk), origin => origin.AddSnapshot("monday", _ => new DisposalProbe(cow))));
            var devices = host.Services.GetRequiredService<DeviceRegistry>();
            await devices.Get<SnapshotOrigin>("disk").WriteExactlyAsync(0, new byte[] { start });
            Assert.Equal((0, start), (await FirstAsync(devices.Get<Snapshot>("monday")), await FirstAsync(disk)));
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task be_served_with_its_snapshots_by_the_server_that_is_added_after_it()
    {
        var disk = Disk();
        var cow = Store();
        using var host = await StartAsync(kcopyd => kcopyd
            .AddOrigin("disk", _ => disk, origin => origin.AddSnapshot("monday", _ => cow))
            .AddNbdServer(nbd =>
            {
                nbd.EndPoints.Add(new IPEndPoint(IPAddress.Loopback, 0));
                nbd.Devices.Add("disk");
                nbd.Devices.Add("monday");
            }));
        var server = await host.Services.GetRequiredService<HostedNbdServer>().StartedAsync();
        Assert.Equal(["disk", "monday"], server.GetExports().Select(export => export.Name));
        await host.StopAsync();
        Assert.Equal((true, true), (disk.IsDisposed, cow.IsDisposed));
    }

    [Fact]
    public async Task flush_what_was_written_and_say_in_the_log_what_could_not_be()
    {
        var logs = new RecordedLogs();
        var cache = BlockDevice.Memory(1 << 16).WithVolatileCache();
        using var host = await StartAsync(kcopyd => kcopyd
            .AddOrigin("good", _ => cache)
            .AddOrigin("bad", _ => BlockDevice.Memory(1 << 16, name: "broken").WithFlushError()), logs);
        await host.Services.GetRequiredService<DeviceRegistry>().Get<SnapshotOrigin>("good").WriteExactlyAsync(0, new byte[] { 7 });
        Assert.Equal(1, cache.HeldWrites);
        var said = logs.WaitForAsync(line => line.Level == LogLevel.Error
            && line.Text.Contains("The origin 'bad' was not closed cleanly: bad", StringComparison.Ordinal));
        await host.StopAsync();
        Assert.Equal(0, cache.HeldWrites);
        await said;
    }

    [Fact]
    public async Task be_closed_only_after_the_jobs_of_the_clients_that_write_to_it()
    {
        var disk = new DisposalProbe(BlockDevice.Memory(8 << 20));      // more pieces than are in flight at once
        var stalled = disk.WithStall(IoOperations.Write);
        using var host = await StartAsync(kcopyd => kcopyd.AddOrigin("disk", _ => stalled), timeout: "30 s");
        var origin = host.Services.GetRequiredService<DeviceRegistry>().Get<SnapshotOrigin>("disk");
        var client = host.Services.GetRequiredService<KcopydClient>();
        var copy = client.CopyAsync(BlockDevice.Memory(8 << 20).Whole(), [origin.Whole()]);
        await stalled.WaitingAsync();
        var stop = host.StopAsync();
        Assert.True(SpinWait.SpinUntil(() => client.IsClosed, Patience));
        Assert.False(disk.IsDisposed);
        stalled.Release();
        Assert.True((await copy).IsSuccess);
        await stop.WaitAsync(Patience);
        Assert.True(disk.IsDisposed);
    }

    [Fact]
    public async Task not_hang_a_host_on_a_device_that_hangs_but_report_it()
    {
        var disk = Disk();
        var logs = new RecordedLogs();
        var stalled = disk.WithStall(IoOperations.Flush);
        using var host = await StartAsync(kcopyd => kcopyd.AddOrigin("disk", _ => stalled), logs, "1 s");
        await host.StopAsync().WaitAsync(Patience);
        Assert.Contains(logs.Lines, line => line.Level == LogLevel.Warning
            && line.Text.Contains("cannot wait longer for origin 'disk'", StringComparison.Ordinal)
            && line.Text.Contains("akka.coordinated-shutdown.phases.before-actor-system-terminate.timeout, now 00:00:01", StringComparison.Ordinal));
        stalled.Release();
    }

    [Fact]
    public async Task be_closed_although_a_prepared_callback_is_never_fired()
    {
        var disk = Disk();
        var cow = Store();
        using var host = await StartAsync(kcopyd => kcopyd.AddOrigin("disk", _ => disk, origin => origin.AddSnapshot("monday", _ => cow)), timeout: "2 s");
        host.Services.GetRequiredService<KcopydClient>().PrepareCallback(static (_, _, _) => { });
        await host.StopAsync().WaitAsync(Patience);
        Assert.Equal((true, true), (disk.IsDisposed, cow.IsDisposed));
    }

    [Fact]
    public async Task fail_the_start_of_the_host_and_close_what_was_opened_when_a_store_cannot_be_used()
    {
        var disk = Disk();
        var cow = Store();
        var foreign = new DisposalProbe(BlockDevice.Memory(1 << 17, name: "foreign"));
        await foreign.WriteExactlyAsync(0, Enumerable.Repeat((byte)7, 4096).ToArray());
        var failure = await Assert.ThrowsAsync<SnapshotStoreException>(() => StartAsync(kcopyd => kcopyd
            .AddOrigin("disk", _ => disk, origin => origin.AddSnapshot("monday", _ => cow).AddSnapshot("tuesday", _ => foreign))));
        Assert.Contains("foreign", failure.Message, StringComparison.Ordinal);
        Assert.Equal((true, true, true), (disk.IsDisposed, cow.IsDisposed, foreign.IsDisposed));
    }

    [Fact]
    public async Task fail_the_start_of_the_host_and_close_its_device_when_its_name_is_taken()
    {
        var disk = Disk();
        var second = new DisposalProbe(BlockDevice.Memory(1 << 16));
        await Assert.ThrowsAsync<InvalidActorNameException>(() => StartAsync(kcopyd => kcopyd.AddOrigin("disk", _ => disk).AddOrigin("disk", _ => second)));
        Assert.True(second.IsDisposed);
        var known = await Assert.ThrowsAsync<ArgumentException>(() => Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .WithActors((system, _) => system.Kcopyd().Devices.Register("disk", BlockDevice.Memory(4096)))
            .WithKcopyd(kcopyd => kcopyd.AddOrigin("disk", _ => second)))));
        Assert.Contains("'disk' is registered already", known.Message, StringComparison.Ordinal);
    }

    private static DisposalProbe Disk() => new(BlockDevice.Memory(1 << 16, name: "disk"));

    private static DisposalProbe Store() => new(BlockDevice.Memory(1 << 17, name: "cow"));

    private static async Task<int> FirstAsync(IBlockDevice device)
    {
        var bytes = new byte[512];
        await device.ReadExactlyAsync(0, bytes);
        return bytes[0];
    }

    private static Task<IHost> StartAsync(Action<KcopydBuilder> configure, RecordedLogs? logs = null, string timeout = "10 s") =>
        Hosts.StartAsync(services => services
            .AddKcopyd()
            .AddAkka("app", akka => akka
                .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory())
                .AddHocon($"akka.coordinated-shutdown.phases.before-actor-system-terminate.timeout = {timeout}", HoconAddMode.Prepend)
                .WithKcopyd(configure)), logs);
}
