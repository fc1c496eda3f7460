using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class HostedNbdServer_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private sealed class Exporter(HostedNbdServer hosted) : BackgroundService
    {
        public TaskCompletionSource<string> Exported { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var server = await hosted.StartedAsync(stoppingToken);
            server.AddExport(new NbdExport("later", BlockDevice.Memory(4096)));
            Exported.TrySetResult(string.Join(' ', server.GetExports().Select(status => status.Name)));
        }
    }

    [Fact]
    public async Task serve_devices_that_are_made_registered_or_added_while_it_runs()
    {
        using var host = await Hosts.StartAsync(services => services
            .AddSingleton<Exporter>()
            .AddHostedService(provider => provider.GetRequiredService<Exporter>())     // constructed before the system starts
            .AddKcopyd()
            .AddAkka("app", akka => akka
                .WithActors((system, _) => system.Kcopyd().Devices.Register("registered", BlockDevice.Memory(4096)))
                .WithKcopyd(kcopyd => kcopyd.AddNbdServer(nbd =>
                {
                    nbd.EndPoints.Add(new IPEndPoint(IPAddress.Loopback, 0));
                    nbd.Exports = _ => [new NbdExport("made", BlockDevice.Memory(4096))];
                    nbd.Devices.Add("registered");
                }))));
        Assert.Equal("later made registered", await host.Services.GetRequiredService<Exporter>().Exported.Task.WaitAsync(Patience));
        var server = await host.Services.GetRequiredService<HostedNbdServer>().StartedAsync();
        Assert.Equal(server.Actor, host.Services.GetRequiredService<IRequiredActor<NbdServer>>().ActorRef);
        using var client = await ConnectAsync(server);
        await host.StopAsync();
        await Assert.ThrowsAnyAsync<SocketException>(() => ConnectAsync(server));
    }

    [Fact]
    public async Task flush_what_can_be_written_while_the_host_stops()
    {
        var cache = BlockDevice.Memory(4096).WithVolatileCache();
        using var host = await StartAsync(nbd => nbd.Exports = _ => [new NbdExport("", cache)]);
        await cache.WriteAsync(0, new byte[] { 7 });
        Assert.Equal(1, cache.HeldWrites);
        await host.StopAsync();
        Assert.Equal(0, cache.HeldWrites);
    }

    [Fact]
    public async Task say_in_the_log_what_could_not_be_flushed()
    {
        var logs = new RecordedLogs();
        using var host = await StartAsync(nbd => nbd.Exports = _ => [new NbdExport("", BlockDevice.Memory(4096, name: "disk").WithFlushError())], logs: logs);
        var said = logs.WaitForAsync(line => line.Category == typeof(NbdServer).FullName && line.Level == LogLevel.Error
            && line.Text.Contains("flush failed; what was written since the last good flush may be lost", StringComparison.Ordinal));
        await host.StopAsync();
        await said;
    }

    [Fact]
    public async Task not_hang_a_host_on_a_device_that_hangs_but_report_it()
    {
        var logs = new RecordedLogs();
        var stalled = BlockDevice.Memory(4096).WithStall();
        using var host = await StartAsync(nbd => nbd.Exports = _ => [new NbdExport("", stalled)], "1 s", logs);
        var said = logs.WaitForAsync(
            line => line.Text.Contains("akka.coordinated-shutdown.phases.service-unbind.timeout, now 00:00:01", StringComparison.Ordinal));
        await host.StopAsync().WaitAsync(Patience);
        await said;
        stalled.Release();
    }

    [Fact]
    public async Task fail_the_start_of_the_host_with_the_address_that_is_taken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var failure = await Assert.ThrowsAsync<NbdListenException>(() => Hosts.StartAsync(services => services
            .AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd.AddNbdServer(nbd => nbd.EndPoints.Add((IPEndPoint)taken.LocalEndpoint))))));
        Assert.Contains($"{taken.LocalEndpoint} cannot be listened on: Address already in use", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task fail_the_start_of_the_host_with_the_limit_the_device_and_the_second_server_that_cannot_be()
    {
        var range = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(nbd => nbd.MaxBytes = 1));
        Assert.Contains("kcopyd.nbd.server.max-bytes = 1: must be at least 32 MiB", range.Message, StringComparison.Ordinal);
        var device = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(nbd => nbd.Devices.Add("nobody")));
        Assert.Contains("No device 'nobody' is registered", device.Message, StringComparison.Ordinal);
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => Hosts.StartAsync(services => services
            .AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd.AddNbdServer(Loopback).AddNbdServer(Loopback)))));
        Assert.Contains("already has an NBD server", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void render_the_limits_that_are_set_and_no_others()
    {
        Assert.True(new NbdServerHostOptions().ToConfig().IsEmpty);
        var all = new NbdServerHostOptions
        {
            MaxConnections = 1, HandshakeTimeout = TimeSpan.FromSeconds(2), MaxRequests = 3, MaxIos = 4, PieceSize = 1 << 20, MaxBytes = 1L << 30,
            DrainTimeout = TimeSpan.FromSeconds(5), DeviceTimeout = TimeSpan.FromSeconds(6), KeepAlive = TimeSpan.FromSeconds(7), Dispatcher = "mine",
        };
        Assert.Equal(
            new NbdServerSettings
            {
                MaxConnections = 1, HandshakeTimeout = TimeSpan.FromSeconds(2), MaxRequests = 3, MaxIos = 4, PieceSize = 1 << 20, MaxBytes = 1L << 30,
                DrainTimeout = TimeSpan.FromSeconds(5), DeviceTimeout = TimeSpan.FromSeconds(6), KeepAlive = TimeSpan.FromSeconds(7), Dispatcher = "mine",
            },
            NbdServerSettings.FromConfig(all.ToConfig().GetConfig("kcopyd.nbd.server")));
    }

    [Fact]
    public async Task be_healthy_while_it_has_room_full_but_alive_when_not_and_neither_when_it_has_stopped()
    {
        using var host = await StartAsync(nbd => nbd.MaxConnections = 1);
        var server = await host.Services.GetRequiredService<HostedNbdServer>().StartedAsync();
        Assert.Equal((HealthStatus.Healthy, HealthStatus.Healthy), await HealthAsync(host));
        using (var client = await ConnectAsync(server))
        {
            await client.GetStream().ReadExactlyAsync(new byte[18]);      // the greeting: the connection has its slot
            Assert.Equal((HealthStatus.Unhealthy, HealthStatus.Healthy), await HealthAsync(host));
        }
        await server.StopAsync();
        Assert.Equal((HealthStatus.Unhealthy, HealthStatus.Unhealthy), await HealthAsync(host));
        await host.StopAsync();
    }

    private static async Task<(HealthStatus Ready, HealthStatus Liveness)> HealthAsync(IHost host)
    {
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Contains("ready", report.Entries["kcopyd.nbd.ready"].Tags);
        Assert.Contains("liveness", report.Entries["kcopyd.nbd.liveness"].Tags);
        return (report.Entries["kcopyd.nbd.ready"].Status, report.Entries["kcopyd.nbd.liveness"].Status);
    }

    private static async Task<TcpClient> ConnectAsync(NbdServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)server.EndPoints[0]);
        return client;
    }

    private static void Loopback(NbdServerHostOptions nbd) => nbd.EndPoints.Add(new IPEndPoint(IPAddress.Loopback, 0));

    private static Task<IHost> StartAsync(Action<NbdServerHostOptions> configure, string timeout = "10 s", RecordedLogs? logs = null) =>
        Hosts.StartAsync(services =>
        {
            services.AddHealthChecks();
            services.AddKcopyd().AddAkka("app", akka => akka
                .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory())
                .AddHocon($"akka.coordinated-shutdown.phases.service-unbind.timeout = {timeout}", HoconAddMode.Prepend)
                .WithKcopyd(kcopyd => kcopyd
                    .AddNbdServer(nbd =>
                    {
                        Loopback(nbd);
                        configure(nbd);
                    })
                    .AddHealthChecks()));
        }, logs);
}
