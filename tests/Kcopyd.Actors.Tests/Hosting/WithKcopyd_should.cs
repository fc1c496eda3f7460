using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

public sealed class WithKcopyd_should
{
    private sealed class Resync;

    [Fact]
    public async Task give_a_host_a_client_in_one_line()
    {
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka.WithKcopyd()));
        var client = host.Services.GetRequiredService<ActorSystem>().Kcopyd().GetClient();
        Assert.Equal(client.Actor, host.Services.GetRequiredService<IRequiredActor<KcopydClient>>().ActorRef);
        Assert.Equal("akka://app/user/kcopyd", client.Actor.Path.ToString());
        var (from, to) = (BlockDevice.Memory(4096), BlockDevice.Memory(4096));
        from.Bytes.Fill(7);
        Assert.True((await client.CopyAsync(from.Whole(), [to.Whole()])).IsSuccess);
        Assert.True(from.Bytes.SequenceEqual(to.Bytes));
        await host.StopAsync();
        Assert.True(client.IsClosed);
    }

    [Fact]
    public async Task give_two_clients_of_one_host_their_own_options()
    {
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .WithKcopyd(kcopyd => kcopyd
                .ConfigureClients(options => options.MaxJobs = 11)
                .AddClient<Resync>("resync", options => options.ThrottlePercent = 20))));
        var kcopyd = host.Services.GetRequiredService<ActorSystem>().Kcopyd();
        var (first, second) = (kcopyd.GetClient(), kcopyd.GetClient("resync"));
        Assert.Equal((11, 100), (first.Settings.MaxJobs, first.Throttle.Percent));
        Assert.Equal((11, 20), (second.Settings.MaxJobs, second.Throttle.Percent));
        Assert.Equal(second.Actor, host.Services.GetRequiredService<IRequiredActor<Resync>>().ActorRef);
        Assert.NotEqual(first.Actor, second.Actor);
        await host.StopAsync();
    }

    [Fact]
    public async Task let_options_go_before_hocon_and_hocon_before_the_defaults()
    {
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .AddHocon("kcopyd.client { max-jobs = 5, throttle-percent = 40 }", HoconAddMode.Prepend)
            .WithKcopyd(kcopyd => kcopyd.ConfigureClients(options => options.MaxJobs = 11))));
        var settings = host.Services.GetRequiredService<ActorSystem>().Kcopyd().GetClient().Settings;
        Assert.Equal((11, 40, 8), (settings.MaxJobs, settings.ThrottlePercent, settings.MaxDestinations));
        await host.StopAsync();
    }

    [Theory]
    [InlineData(HoconAddMode.Prepend)]
    [InlineData(HoconAddMode.Append)]
    public async Task let_hocon_that_is_added_after_it_go_before_the_defaults(HoconAddMode mode)
    {
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .WithKcopyd(kcopyd => kcopyd.ConfigureClients(options => options.MaxJobs = 11))
            .AddHocon("kcopyd.client { max-jobs = 5, throttle-percent = 40 }", mode)));
        var settings = host.Services.GetRequiredService<ActorSystem>().Kcopyd().GetClient().Settings;
        Assert.Equal((mode == HoconAddMode.Prepend ? 5 : 11, 40), (settings.MaxJobs, settings.ThrottlePercent));
        await host.StopAsync();
    }

    [Fact]
    public async Task fail_the_start_of_the_host_when_an_option_is_out_of_range()
    {
        var failure = await Assert.ThrowsAsync<ConfigurationException>(() =>
            Hosts.StartAsync(services => services.AddAkka(
                "app", akka => akka.WithKcopyd(kcopyd => kcopyd.ConfigureClients(options => options.MaxDestinations = 65)))));
        Assert.Contains("kcopyd.client.max-destinations = 65", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task fail_the_start_of_the_host_when_two_clients_have_one_key() =>
        await Assert.ThrowsAsync<DuplicateActorRegistryException>(() =>
            Hosts.StartAsync(services => services.AddAkka("app", akka => akka.WithKcopyd(kcopyd => kcopyd.AddClient<Resync>("one").AddClient<Resync>("two")))));

    [Fact]
    public async Task be_called_by_two_modules_of_one_host()
    {
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .WithKcopyd()
            .WithKcopyd(kcopyd => kcopyd.AddClient<Resync>("resync"))));
        var kcopyd = host.Services.GetRequiredService<ActorSystem>().Kcopyd();
        Assert.Equal(kcopyd.GetClient().Actor, host.Services.GetRequiredService<IRequiredActor<KcopydClient>>().ActorRef);
        Assert.Equal(kcopyd.GetClient("resync").Actor, host.Services.GetRequiredService<IRequiredActor<Resync>>().ActorRef);
        await host.StopAsync();
    }

    [Fact]
    public async Task log_through_the_hosts_logging()
    {
        var logs = new RecordedLogs();
        using var host = await Hosts.StartAsync(services => services.AddAkka("app", akka => akka
            .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory())
            .WithKcopyd()), logs);
        var client = host.Services.GetRequiredService<ActorSystem>().Kcopyd().GetClient();
        client.PrepareCallback((_, _, _) => throw new InvalidOperationException("thrown by the test")).Submit();
        var line = await logs.WaitForAsync(line => line.Level == LogLevel.Error);
        Assert.Contains("Client 'kcopyd': the callback of prepared callback 1 threw", line.Text, StringComparison.Ordinal);
        Assert.Equal("thrown by the test", line.Exception?.Message);
        await host.StopAsync();
    }
}
