using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

public sealed class KcopydOptions_should
{
    [Fact]
    public void render_nothing_when_nothing_is_set() => Assert.True(new KcopydOptions().ToConfig("kcopyd.client").IsEmpty);

    [Fact]
    public void render_only_what_was_set()
    {
        var config = new KcopydOptions { MaxJobs = 7, Dispatcher = "my.dispatcher" }.ToConfig("kcopyd.client").GetConfig("kcopyd.client");
        Assert.Equal(["dispatcher", "max-jobs"], config.AsEnumerable().Select(pair => pair.Key).Order());
    }

    [Fact]
    public void reach_every_setting()
    {
        var options = new KcopydOptions
        {
            SubJobSize = 8192,
            SubJobsPerJob = 2,
            MaxSubJobs = 3,
            MaxDestinations = 64,
            MaxJobs = 5,
            MaxPreparedCallbacks = 6,
            PagePoolSize = 5L << 30,
            RecycleCrews = false,
            ThrottlePercent = 50,
            BytesPerSecond = 3L << 32,
            Offload = OffloadKinds.Holes | OffloadKinds.KernelCopy,
            ProgressInterval = TimeSpan.FromMilliseconds(1234.5),
            CancelTimeout = TimeSpan.FromSeconds(8),
            RememberedResults = 7,
            Dispatcher = "akka.actor.default-dispatcher",
            WorkerDispatcher = "akka.actor.internal-dispatcher",
        };
        var expected = new KcopydSettings
        {
            SubJobSize = 8192,
            SubJobsPerJob = 2,
            MaxSubJobs = 3,
            MaxDestinations = 64,
            MaxJobs = 5,
            MaxPreparedCallbacks = 6,
            PagePoolSize = 5L << 30,
            RecycleCrews = false,
            ThrottlePercent = 50,
            BytesPerSecond = 3L << 32,
            Offload = OffloadKinds.Holes | OffloadKinds.KernelCopy,
            ProgressInterval = TimeSpan.FromMilliseconds(1234.5),
            CancelTimeout = TimeSpan.FromSeconds(8),
            RememberedResults = 7,
            Dispatcher = "akka.actor.default-dispatcher",
            WorkerDispatcher = "akka.actor.internal-dispatcher",
        };
        Assert.All(typeof(KcopydOptions).GetProperties(), property => Assert.NotNull(property.GetValue(options)));
        Assert.Equal(expected, KcopydSettings.FromConfig(options.ToConfig("x").GetConfig("x")));
    }

    [Fact]
    public void have_a_nullable_property_for_each_setting() =>
        Assert.Equal(typeof(KcopydSettings).GetProperties().Select(property => property.Name).Order(),
            typeof(KcopydOptions).GetProperties().Select(property => property.Name).Order());
}
