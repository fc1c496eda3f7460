using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Configuration;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Configuration;

public sealed class KcopydSettings_should : AkkaTestKit
{
    private static readonly string[] Keys = KeysOf(typeof(KcopydSettings));

    public static TheoryData<string> EveryKey => [.. Keys];

    [Theory]
    [InlineData("sub-job-size", "0")]
    [InlineData("sub-job-size", "4095")]
    [InlineData("sub-job-size", "6000")]
    [InlineData("sub-job-size", "2 MiB")]
    [InlineData("sub-job-size", "8 GiB")]
    [InlineData("sub-job-size", "large")]
    [InlineData("sub-jobs-per-job", "0")]
    [InlineData("sub-jobs-per-job", "-1")]
    [InlineData("max-sub-jobs", "0")]
    [InlineData("max-destinations", "0")]
    [InlineData("max-destinations", "65")]
    [InlineData("max-jobs", "0")]
    [InlineData("max-jobs", "99999999999")]
    [InlineData("max-jobs", "many")]
    [InlineData("max-jobs", "[1, 2]")]
    [InlineData("max-jobs", "{ a = 1 }")]
    [InlineData("dispatcher", "{ a = 1 }")]
    [InlineData("page-pool-size", "{ a = 1 }")]
    [InlineData("progress-interval", "[1]")]
    [InlineData("dispatcher", "\"\"")]
    [InlineData("max-prepared-callbacks", "0")]
    [InlineData("page-pool-size", "0")]
    [InlineData("page-pool-size", "256 KiB")]
    [InlineData("recycle-crews", "perhaps")]
    [InlineData("throttle-percent", "0")]
    [InlineData("throttle-percent", "101")]
    [InlineData("bytes-per-second", "-1")]
    [InlineData("bytes-per-second", "fast")]
    [InlineData("offload", "[holes, hole]")]
    [InlineData("offload", "[holes, none]")]
    [InlineData("offload", "everything")]
    [InlineData("offload", "{ a = 1 }")]
    [InlineData("progress-interval", "0 ms")]
    [InlineData("progress-interval", "infinite")]
    [InlineData("progress-interval", "soon")]
    [InlineData("dispatcher", "no.such-dispatcher")]
    [InlineData("worker-dispatcher", "no.such-dispatcher")]
    public void be_refused_by_name_when_a_value_cannot_be_right(string key, string value)
    {
        var config = ConfigurationFactory.ParseString($"kcopyd.client.{key} = {value}");
        using var system = ActorSystem.Create("refused", config);
        var refusal = Assert.Throws<ConfigurationException>(() => system.Kcopyd().CreateClient());
        Assert.Contains($"kcopyd.client.{key} = ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryKey))]
    public void be_refused_by_name_when_a_value_is_missing(string key)
    {
        var lines = KcopydExtension.DefaultConfig().GetConfig("kcopyd.client").AsEnumerable().Where(pair => pair.Key != key);
        var config = ConfigurationFactory.ParseString(string.Join('\n', lines.Select(pair => $"{pair.Key} = {pair.Value}")));
        var refusal = Assert.Throws<ConfigurationException>(() => KcopydSettings.FromConfig(config));
        Assert.Contains($"kcopyd.client.{key} is missing", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.client = on", "kcopyd.client = on: must be a section")]
    [InlineData("kcopyd = off", "kcopyd = off: must be a section")]
    [InlineData("kcopyd.clients.resync = 5", "kcopyd.clients.\"resync\" = 5: must be a section")]
    [InlineData("kcopyd.snapshots = [1]", "kcopyd.snapshots = ")]
    [InlineData("kcopyd.nbd.server = on", "kcopyd.nbd.server = on: must be a section")]
    [InlineData("kcopyd.dispatcher.threads = many", "kcopyd.dispatcher.threads = many: cannot be read")]
    [InlineData("kcopyd.dispatcher.max-threads = [1]", "kcopyd.dispatcher.max-threads = ")]
    [InlineData("kcopyd.client.max-job = 5", "kcopyd.client.max-job: there is no such setting. The known settings are bytes-per-second, ")]
    [InlineData("kcopyd.clients.resync.treads = 5", "kcopyd.clients.\"resync\".treads: there is no such setting")]
    [InlineData("kcopyd.snapshot.chunk-size = 4096", "kcopyd.snapshot: there is no such setting")]
    [InlineData("kcopyd.snapshots.chunksize = 4096", "kcopyd.snapshots.chunksize: there is no such setting")]
    [InlineData("kcopyd.clones.regionsize = 4096", "kcopyd.clones.regionsize: there is no such setting")]
    [InlineData("kcopyd.nbd.server.max-conections = 4096", "kcopyd.nbd.server.max-conections: there is no such setting")]
    public void be_refused_by_their_path_whatever_is_wrong_with_the_section(string hocon, string message)
    {
        using var system = ActorSystem.Create("refused", ConfigurationFactory.ParseString(hocon));
        Assert.StartsWith(message, Assert.Throws<ConfigurationException>(() => system.Kcopyd().CreateClient("resync")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.snapshots.fill-threshold = high", "kcopyd.snapshots.fill-threshold = high: cannot be read")]
    [InlineData("kcopyd.snapshots.fill-threshold = 101", "kcopyd.snapshots.fill-threshold = 101: must be a percentage, 1 to 100")]
    public void be_refused_of_origins_too(string hocon, string message)
    {
        using var system = ActorSystem.Create("refused", ConfigurationFactory.ParseString(hocon));
        Assert.StartsWith(message,
            Assert.Throws<ConfigurationException>(() => system.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(4096))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.clones.region-size = 5000", "kcopyd.clones.region-size = 5000: must be a power of two from 4 KiB to 1 GiB")]
    [InlineData("kcopyd.clones.hydration-threshold = -1", "kcopyd.clones.hydration-threshold = -1: must be at least 0")]
    [InlineData("kcopyd.clones.max-retry-delay = 1 ms", "kcopyd.clones.max-retry-delay = 00:00:00.0010000: must be min-retry-delay to 1 day")]
    public void be_refused_of_clones_too(string hocon, string message)
    {
        using var system = ActorSystem.Create("refused", ConfigurationFactory.ParseString(hocon));
        Assert.StartsWith(message, Assert.Throws<ConfigurationException>(() =>
        {
            _ = system.Kcopyd().OpenCloneAsync(BlockDevice.Memory(4096), BlockDevice.Memory(4096), BlockDevice.Memory(65536));
        }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.nbd.server.max-ios = few", "kcopyd.nbd.server.max-ios = few: cannot be read")]
    [InlineData("kcopyd.nbd.server.piece-size = 8 GiB", "kcopyd.nbd.server.piece-size = ")]
    public void be_refused_of_servers_too(string hocon, string message)
    {
        using var system = ActorSystem.Create("refused", ConfigurationFactory.ParseString(hocon));
        Assert.StartsWith(message,
            Assert.Throws<ConfigurationException>(() => system.Kcopyd().StartNbdServer(new NbdServerOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void be_refused_also_when_they_were_made_in_code()
    {
        var refusal = Assert.Throws<ConfigurationException>(() => Sys.Kcopyd().CreateClient("bad", Sys.Kcopyd().Settings with { ThrottlePercent = 0 }));
        Assert.Contains("throttle-percent = 0: must be 1 to 100", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void have_the_kernels_numbers_by_default_but_for_half_its_sub_jobs()
    {
        var settings = Sys.Kcopyd().Settings;
        Assert.Equal(512 << 10, settings.SubJobSize);
        Assert.Equal(4, settings.SubJobsPerJob);
        Assert.Equal(8, settings.MaxDestinations);
        Assert.Equal(100, settings.ThrottlePercent);
        Assert.True(settings.RecycleCrews);
        Assert.Equal(TimeSpan.FromMilliseconds(100), settings.ProgressInterval);
    }

    [Theory]
    [InlineData("[]", OffloadKinds.None)]
    [InlineData("none", OffloadKinds.None)]
    [InlineData("[none]", OffloadKinds.None)]
    [InlineData("holes", OffloadKinds.Holes)]
    [InlineData("[reflink, server-copy, kernel-copy, holes, detect-zeroes, write-zeroes, small-copy]", OffloadKinds.All)]
    public void name_the_ways_to_offload_by_a_list(string value, OffloadKinds expected)
    {
        using var system = ActorSystem.Create("offload", ConfigurationFactory.ParseString($"kcopyd.client.offload = {value}"));
        Assert.Equal(expected, system.Kcopyd().CreateClient().Settings.Offload);
        Assert.Equal(OffloadKinds.Default, Sys.Kcopyd().Settings.Offload);
    }

    [Fact]
    public void come_from_the_section_of_the_clients_name_and_then_from_that_of_all()
    {
        var config = ConfigurationFactory.ParseString("""kcopyd { client.max-jobs = 7, clients { "a.b" { throttle-percent = 20 } } }""");
        using var system = ActorSystem.Create("named", config);
        var (named, other) = (system.Kcopyd().CreateClient("a.b").Settings, system.Kcopyd().CreateClient("other").Settings);
        Assert.Equal((20, 7), (named.ThrottlePercent, named.MaxJobs));
        Assert.Equal((100, 7), (other.ThrottlePercent, other.MaxJobs));
    }

    [Fact]
    public void name_the_section_of_the_client_that_is_at_fault()
    {
        using var system = ActorSystem.Create("named", ConfigurationFactory.ParseString("kcopyd.clients.resync.max-jobs = 0"));
        system.Kcopyd().CreateClient("other");
        var refusal = Assert.Throws<ConfigurationException>(() => system.Kcopyd().CreateClient("resync"));
        Assert.StartsWith("""kcopyd.clients."resync".max-jobs = 0""", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kcopyd.client", typeof(KcopydSettings))]
    [InlineData("kcopyd.snapshots", typeof(SnapshotSettings))]
    [InlineData("kcopyd.clones", typeof(CloneSettings))]
    [InlineData("kcopyd.nbd.server", typeof(NbdServerSettings))]
    public void each_be_in_reference_conf_by_the_name_of_its_property(string section, Type settings) =>
        Assert.Equal(KcopydExtension.DefaultConfig().GetConfig(section).AsEnumerable().Select(pair => pair.Key).Order(), KeysOf(settings).Order());

    private static string[] KeysOf(Type settings) => [.. settings.GetProperties().Select(property => SettingKey.Of(property.Name))];

    [Theory]
    [InlineData("MaxSubJobs", "max-sub-jobs")]
    [InlineData("Dispatcher", "dispatcher")]
    [InlineData("max-threads", "max-threads")]
    public void have_keys_that_are_the_names_of_properties(string property, string key) => Assert.Equal(key, SettingKey.Of(property));

    [Fact]
    public void each_be_explained_in_reference_conf()
    {
        using var reference = new StreamReader(typeof(KcopydExtension).Assembly.GetManifestResourceStream("Kcopyd.Actors.reference.conf")!);
        var lines = reference.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries);
        foreach (var key in Keys)
        {
            var at = Array.FindIndex(lines, line => line.StartsWith($"{key} =", StringComparison.Ordinal));
            Assert.True(at > 0, $"{key} is not in reference.conf");
            Assert.True(lines[at - 1].StartsWith("# ", StringComparison.Ordinal), $"{key} has no comment above it in reference.conf");
        }
    }
}
