using Akka.Hosting;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class HealthChecks_should
{
    private const string Ready = "kcopyd.kcopyd.ready";
    private const string Io = "kcopyd.kcopyd.io";
    private const string Liveness = "kcopyd.kcopyd.liveness";

    [Fact]
    public async Task report_a_client_that_is_well_and_carry_the_tags_of_their_kind()
    {
        using var host = await StartAsync();
        var report = await CheckAsync(host);
        Assert.Equal(HealthStatus.Healthy, report.Entries[Ready].Status);
        Assert.Equal(HealthStatus.Healthy, report.Entries[Liveness].Status);
        Assert.Contains("ready", report.Entries[Ready].Tags);
        Assert.Contains("liveness", report.Entries[Liveness].Tags);
        Assert.Contains("client 'kcopyd': waits for 0 job(s)", report.Entries[Liveness].Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task call_a_full_client_alive_but_not_ready_until_it_has_room()
    {
        using var host = await StartAsync();
        var token = host.Services.GetRequiredService<KcopydClient>().PrepareCallback((_, _, _) => { });
        var report = await CheckAsync(host);
        Assert.Equal(HealthStatus.Unhealthy, report.Entries[Ready].Status);
        Assert.Contains("max-prepared-callbacks", report.Entries[Ready].Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, report.Entries[Liveness].Status);
        token.Abandon();
        await host.Services.GetRequiredService<KcopydClient>().GetStatusAsync();    // answered after the token has been removed
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Entries[Ready].Status);
        await host.StopAsync();
    }

    [Fact]
    public async Task call_a_client_that_a_callback_blocks_not_alive()
    {
        using var host = await StartAsync(TimeSpan.FromMilliseconds(50));
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Services.GetRequiredService<KcopydClient>().PrepareCallback((_, _, _) =>
        {
            blocked.TrySetResult();
            release.Wait();
        }).Submit();
        await blocked.Task;
        var report = await CheckAsync(host);
        release.Set();
        Assert.Equal(HealthStatus.Unhealthy, report.Entries[Liveness].Status);
        Assert.Contains("has not answered for 00:00:00.05", report.Entries[Liveness].Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task name_the_device_that_hangs_and_call_the_client_alive()
    {
        using var host = await StartAsync(slowIo: TimeSpan.FromMilliseconds(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Entries[Io].Status);
        await using var hung = new BlockingDevice(BlockDevice.Memory(4096, name: "hung"), IoOperations.Read);
        host.Services.GetRequiredService<KcopydClient>().Copy(hung.Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, static (_, _, _) => { });
        var report = await UntilAsync(host, Io, HealthStatus.Unhealthy);
        Assert.Contains("a device hangs, or is very slow: read on hung of job 1", report.Entries[Io].Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, report.Entries[Liveness].Status);
        hung.Go();
        await UntilAsync(host, Io, HealthStatus.Healthy);
        await host.StopAsync();
    }

    [Fact]
    public async Task call_a_client_not_ready_while_it_ends_and_its_successor_ready()
    {
        using var host = await StartAsync();
        var client = host.Services.GetRequiredService<KcopydClient>();
        var token = client.PrepareCallback(static (_, _, _) => { });
        var closed = client.CloseAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Entries[Ready].Status);

        token.Abandon();
        await closed;
        await UntilAsync(host, Ready, HealthStatus.Healthy);        // once the stopped actor's name is free
        await UntilAsync(host, Liveness, HealthStatus.Healthy);
        await host.StopAsync();
    }

    private static async Task<HealthReport> UntilAsync(IHost host, string check, HealthStatus status)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            if (await CheckAsync(host) is var report && report.Entries[check].Status == status)
                return report;
            Assert.False(patience.IsCancellationRequested, $"{check} is still {report.Entries[check].Status}: {report.Entries[check].Description}");
        }
    }

    private static Task<HealthReport> CheckAsync(IHost host) => host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    private static Task<IHost> StartAsync(TimeSpan? timeout = null, TimeSpan? slowIo = null) => Hosts.StartAsync(services =>
    {
        services.AddHealthChecks();
        services.AddKcopyd().AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd
            .ConfigureClients(options => options.MaxPreparedCallbacks = 1)
            .AddHealthChecks(timeout, slowIo)));
    });
}
