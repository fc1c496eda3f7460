using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class AddKcopyd_should
{
    private sealed class Resync;

    private sealed class Copier(KcopydClient client, DeviceRegistry devices, [FromKeyedServices("resync")] KcopydClient resync) : BackgroundService
    {
        public TaskCompletionSource<bool> Copied { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public KcopydClient Client { get; } = client;

        public KcopydClient Resync { get; } = resync;

        public DeviceRegistry Devices { get; } = devices;

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            Devices.Register("disk", BlockDevice.Memory(4096));
            var result = await Client.CopyAsync(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()], cancellationToken: stoppingToken);
            Copied.TrySetResult(result.IsSuccess);
        }
    }

    [Fact]
    public async Task inject_clients_and_devices_into_a_service_that_is_made_before_the_system_starts()
    {
        using var host = await Hosts.StartAsync(services => services
            .AddSingleton<Copier>()
            .AddHostedService(provider => provider.GetRequiredService<Copier>())     // before AddAkka: constructed and started first
            .AddKcopyd()
            .AddKcopydClient("resync")
            .AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd.AddClient<Resync>("resync", options => options.ThrottlePercent = 20))));
        var copier = host.Services.GetRequiredService<Copier>();
        var kcopyd = host.Services.GetRequiredService<ActorSystem>().Kcopyd();
        Assert.True(await copier.Copied.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Same(kcopyd.GetClient(), copier.Client);
        Assert.Same(kcopyd.GetClient("resync"), copier.Resync);
        Assert.Equal(20, copier.Resync.Throttle.Percent);
        Assert.Same(kcopyd.Devices, copier.Devices);
        Assert.Equal(copier.Client.Actor, host.Services.GetRequiredService<IRequiredActor<KcopydClient>>().ActorRef);
        await host.StopAsync();
    }

    [Fact]
    public async Task leave_the_client_alone_when_somebody_disposes_what_was_injected()
    {
        using var host = await Hosts.StartAsync(services => services.AddKcopyd().AddAkka("app", akka => akka.WithKcopyd()));
        await host.Services.GetRequiredService<KcopydClient>().DisposeAsync();
        Assert.False(host.Services.GetRequiredService<KcopydClient>().IsClosed);
        await host.StopAsync();
    }

    [Fact]
    public async Task not_hang_a_host_that_is_disposed_without_a_stop_while_a_token_is_outstanding()
    {
        var host = await Hosts.StartAsync(services => services.AddKcopyd().AddAkka("app", akka => akka.WithKcopyd()));
        host.Services.GetRequiredService<KcopydClient>().PrepareCallback((_, _, _) => { });
        await Task.Run(host.Dispose).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void say_what_is_missing_when_there_is_no_actor_system()
    {
        using var host = Hosts.Build(services => services.AddKcopyd());
        var refusal = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<KcopydClient>());
        Assert.Contains("AddAkka", refusal.Message, StringComparison.Ordinal);
    }
}
