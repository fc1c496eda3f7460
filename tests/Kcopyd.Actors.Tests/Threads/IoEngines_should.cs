using Akka.Configuration;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

[Collection(Alone.Name)]        // sets an environment variable of the process
public sealed class IoEngines_should : AkkaTestKit
{
    [Theory]
    [InlineData("auto", IoEngine.Auto)]
    [InlineData("io_uring", IoEngine.IoUring)]
    [InlineData("threads", IoEngine.Threads)]
    public void take_the_setting_where_the_environment_says_nothing(string setting, object engine) =>
        With(null, () => Assert.Equal(engine, IoEngines.Of(setting, "d.io-engine")));

    [Theory]
    [InlineData("threads")]
    [InlineData("io_uring")]
    public void take_what_the_environment_says_before_the_setting(string setting) =>
        With("auto", () => Assert.Equal(IoEngine.Auto, IoEngines.Of(setting, "d.io-engine")));

    [Fact]
    public void refuse_a_name_that_is_none_and_say_where_it_stands_and_what_there_is()
    {
        With(null, () => Refuses("d.io-engine = uring: must be auto, io_uring or threads.", () => IoEngines.Of("uring", "d.io-engine")));
        With("Threads", () => Refuses("KCOPYD_IO_ENGINE = Threads: must be auto, io_uring or threads.", () => IoEngines.Of("auto", "d.io-engine")));
    }

    [Fact]
    public void refuse_it_when_the_dispatcher_is_made()
    {
        var section = ConfigurationFactory.ParseString("threads = 1, max-threads = 1, io-engine = aio");
        With(null, () => Refuses("d.io-engine = aio: must be auto, io_uring or threads.",
            () => new EngineThreadsConfigurator(section, Sys.Dispatchers.Prerequisites).Produce("d")));
    }

    // Not only when the first message arrives, when no caller would get the error.
    [Fact]
    public async Task refuse_it_when_a_client_is_made()
    {
        var system = Akka.Actor.ActorSystem.Create("wrong", "akka.stdout-loglevel = OFF, kcopyd.dispatcher.io-engine = aio");
        With(null, () => Refuses("kcopyd.dispatcher.io-engine = aio: must be auto, io_uring or threads.", () => system.Kcopyd().CreateClient()));
        With("aio", () => Refuses("KCOPYD_IO_ENGINE = aio: must be auto, io_uring or threads.", () => Sys.Kcopyd().CreateClient()));
        await system.Terminate();
    }

    [SkippableTheory]
    [InlineData("threads", false)]
    [InlineData("io_uring", true)]
    [InlineData("auto", true)]
    [InlineData(null, true)]
    public void make_a_ring_only_where_it_is_to(string? setting, bool hasRing)
    {
        Uring.Lanes.Required();
        var section = ConfigurationFactory.ParseString("threads = 1, max-threads = 1" + (setting is null ? "" : $", io-engine = {setting}"));
        With(null, () =>
        {
            var pool = (EngineThreads)new EngineThreadsConfigurator(section, Sys.Dispatchers.Prerequisites).Produce("d");
            Assert.Equal(hasRing, pool.Get(() => EngineThread.Lane is not null));
            pool.Shutdown();
        });
    }

    [Fact]
    public void give_a_thread_that_is_not_the_engines_no_ring() => Assert.Null(EngineThread.Lane);

    private static void Refuses(string message, Action action) => Assert.Equal(message, Assert.Throws<ConfigurationException>(action).Message);

    private static void With(string? variable, Action action)
    {
        var before = Environment.GetEnvironmentVariable(IoEngines.Variable);
        Environment.SetEnvironmentVariable(IoEngines.Variable, variable);
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(IoEngines.Variable, before);
        }
    }
}
