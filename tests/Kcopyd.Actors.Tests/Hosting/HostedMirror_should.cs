using Akka.Hosting;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.Tests.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class HostedMirror_should
{
    private const int Length = 1 << 20;

    [Fact]
    public async Task write_to_all_legs_and_close_them_when_the_host_stops()
    {
        var (one, two, log) = (Disk("one"), Disk("two"), Disk("log"));
        using var host = await StartAsync([one, two], new MirrorOptions { Log = log, AssumeInSync = true });
        await host.Services.GetRequiredService<DeviceRegistry>().Get<Mirror>("disk").WriteExactlyAsync(7, new byte[] { 1, 2, 3 });
        await host.StopAsync();
        Assert.All([one, two], static leg => Assert.Equal([1, 2, 3], ((MemoryBlockDevice)leg.Inner).Bytes.Slice(7, 3).ToArray()));
        Assert.All([one, two, log], static device => Assert.True(device.IsDisposed));
        Assert.Empty(host.Services.GetRequiredService<DeviceRegistry>().Names);
    }

    [Fact]
    public async Task be_reported_as_degraded_while_a_leg_has_failed()
    {
        using var host = await StartAsync([Disk("one"), Disk("two")], new MirrorOptions { Log = Disk("log"), AssumeInSync = true });
        var checks = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await checks.CheckHealthAsync()).Entries["kcopyd.disk.mirror"].Status);
        await host.Services.GetRequiredService<DeviceRegistry>().Get<Mirror>("disk").FailLegAsync(1);
        var degraded = (await checks.CheckHealthAsync()).Entries["kcopyd.disk.mirror"];
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("lacks a leg: 0 2048 mirror 2 one two 2/2 1 AD 3 disk log A", degraded.Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task close_what_was_opened_when_it_cannot_start()
    {
        var (one, two, log) = (Disk("one"), Disk("two"), Disk("log"));
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync([one, two], new MirrorOptions { Log = log }));
        Assert.All([one, two, log], static device => Assert.True(device.IsDisposed));
    }

    private static DisposalProbe Disk(string name) => new(BlockDevice.Memory(Length, name: name));

    private static Task<IHost> StartAsync(IReadOnlyList<IBlockDevice?> legs, MirrorOptions options) => Hosts.StartAsync(services =>
    {
        services.AddHealthChecks();
        services.AddKcopyd().AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd.AddMirror("disk", _ => legs, _ => options).AddHealthChecks()));
    });
}
