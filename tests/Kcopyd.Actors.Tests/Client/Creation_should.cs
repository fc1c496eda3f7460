using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Creation_should : EngineSpec
{
    [Fact]
    public void give_a_named_actor_of_the_system()
    {
        var client = Sys.Kcopyd().CreateClient("resync");
        Assert.Equal("resync", client.Name);
        Assert.Equal("/user/resync", client.Actor.Path.ToStringWithoutAddress());
        Assert.NotEqual(Sys.Kcopyd().CreateClient().Name, Sys.Kcopyd().CreateClient().Name);
    }

    [Fact]
    public async Task give_a_child_of_an_actor_that_stops_with_its_parent_after_everything_is_notified()
    {
        var parent = Sys.ActorOf(Props.Create(() => new Parent()), "parent");
        var client = await parent.Ask<KcopydClient>("create");
        Assert.Equal("/user/parent/child", client.Actor.Path.ToStringWithoutAddress());
        var source = Random(Piece).WithStall();
        var running = client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)));
        client.PrepareCallback(TestActor, "token");
        await Soon(source.WaitingAsync());

        Sys.Stop(parent);

        Assert.Equal(IoError.ClientStopped, (await Soon(running)).ReadFault!.Error);
        Assert.Equal("token", (await ExpectMsgAsync<CopyResult>()).Context);
        await Soon(client.DestroyAsync());
        Assert.Throws<KcopydClientClosedException>(() => { client.PrepareCallback(TestActor); });
        source.Release();
    }

    [Fact]
    public void refuse_a_name_that_is_taken()
    {
        Sys.Kcopyd().CreateClient("twin");
        Assert.Throws<InvalidActorNameException>(() => { Sys.Kcopyd().CreateClient("twin"); });
    }

    [Theory]
    [InlineData("sub-job-size = 1000")]
    [InlineData("sub-job-size = 2 MiB")]
    [InlineData("sub-jobs-per-job = 0")]
    [InlineData("max-sub-jobs = 0")]
    [InlineData("max-destinations = 65")]
    [InlineData("max-jobs = 0")]
    [InlineData("max-prepared-callbacks = 0")]
    [InlineData("page-pool-size = 64 KiB")]
    [InlineData("throttle-percent = 0")]
    [InlineData("throttle-percent = 101")]
    [InlineData("bytes-per-second = -1")]
    [InlineData("progress-interval = 0 s")]
    public void refuse_a_setting_outside_its_range_by_its_name(string setting)
    {
        var config = ConfigurationFactory.ParseString($"kcopyd.client.{setting}").WithFallback(KcopydExtension.DefaultConfig());
        var error = Assert.Throws<ConfigurationException>(() => KcopydSettings.FromConfig(config.GetConfig("kcopyd.client")));
        Assert.Contains("kcopyd.client." + setting.Split(' ')[0], error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.clients.resync.worker-dispatcher = nowhere", "kcopyd.clients.\"resync\".worker-dispatcher")]
    [InlineData("kcopyd.clients.resync.dispatcher = nowhere", "kcopyd.clients.\"resync\".dispatcher")]
    [InlineData("kcopyd { client.dispatcher = nowhere, clients.resync.max-jobs = 7 }", "kcopyd.client.dispatcher")]
    [InlineData("kcopyd.client.worker-dispatcher = nowhere", "kcopyd.client.worker-dispatcher")]
    public async Task name_the_section_of_a_dispatcher_that_is_not_there(string config, string path)
    {
        var system = ActorSystem.Create("sections", ConfigurationFactory.ParseString(config + "\nakka.stdout-loglevel = OFF"));
        try
        {
            var error = Assert.Throws<ConfigurationException>(() => { system.Kcopyd().CreateClient("resync"); });
            Assert.StartsWith($"{path} = nowhere:", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await Soon(system.Terminate());
        }
    }

    [Fact]
    public void check_the_settings_of_one_client_too() =>
        Assert.Throws<ConfigurationException>(() => { Client(s => s with { MaxDestinations = 65 }); });

    [Fact]
    public void give_the_clients_own_limits_by_default_and_shared_ones_if_asked()
    {
        var throttle = new KcopydThrottle(50);
        Assert.Same(throttle, Client(throttle: throttle).Throttle);
        Assert.Equal(30, Client(s => s with { ThrottlePercent = 30 }).Throttle.Percent);
        Assert.Equal(1000, Client(s => s with { BytesPerSecond = 1000 }).Throttle.BytesPerSecond);
    }

    private sealed class Parent : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(Context.Kcopyd().CreateClient("child"));
    }
}
