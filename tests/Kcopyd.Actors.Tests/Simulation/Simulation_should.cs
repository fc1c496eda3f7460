using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors.TestKit;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// The engine under thousands of interleavings and faults, each named by a number. <c>KCOPYD_SEED=n</c> replays one and tells its story;
/// <c>KCOPYD_SEEDS=n</c> says how many to run, and <c>KCOPYD_FIRST_SEED=n</c> where to begin.
/// </summary>
public sealed class Simulation_should(ITestOutputHelper output)
{
    private static int? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    [Fact]
    public void keep_every_promise_under_every_seed()
    {
        var (first, count) = Variable("KCOPYD_SEED") is { } one ? (one, 1) : (Variable("KCOPYD_FIRST_SEED") ?? 1, Variable("KCOPYD_SEEDS") ?? 1000);
        var watch = Stopwatch.StartNew();
        var failures = new List<string>();
        for (var seed = first; seed < first + count; seed++)
        {
            using var run = new SimulationRun(seed);
            if (Record.Exception(() => run.Play()) is { } failure)
                failures.Add(failure is SimulationFailedException ? failure.Message : $"Seed {seed}: {failure}");
        }
        output.WriteLine($"{count} seeds, {count / watch.Elapsed.TotalSeconds:f0} a second");
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} seeds failed.\n{string.Join('\n', failures.Take(Variable("KCOPYD_FAILURES") ?? 10))}");
    }

    [Fact]
    public void meet_every_way_to_offload_and_every_refusal()
    {
        var ios = new List<IoEntry>();
        var offloaded = default(OffloadedBytes);
        for (var seed = 1; seed <= 600; seed++)
        {
            using var run = new SimulationRun(seed);
            run.Play();
            ios.AddRange(run.Ios);
            offloaded = offloaded.Add(run.Offloaded);
        }
        Assert.All(OffloadNames.All, name => Assert.True(offloaded.Of(OffloadNames.Parse([name])) > 0, $"{name} was never used"));
        var clones = ios.FindAll(io => io.Kind == DiskIoKind.Clone);
        Assert.Contains(clones, io => io is { Bytes: 0, Error: IoError.NotSupported });
        Assert.Contains(clones, io => io is { Bytes: 0, Error: IoError.None });
        Assert.Contains(clones, io => io.Bytes > 0 && io.Bytes < io.Length && io.Error == IoError.None);
        Assert.Contains(clones, io => io.Bytes > 0 && io.Error != IoError.None);
        Assert.Contains(clones, io => io.Error == IoError.WorkerCrashed);
        Assert.Contains(ios, io => io.Kind == DiskIoKind.Map && io.Device.Name == "source" && io.Bytes > 0);
        Assert.Contains(ios, io => io.Kind == DiskIoKind.Map && io.Device.Name != "source" && io.Bytes > 0);
        Assert.Contains(ios, io => io.Kind == DiskIoKind.Map && io.Error == IoError.Io);
        Assert.Contains(ios, io => io.Kind == DiskIoKind.WriteZeroes && io.Error == IoError.NotSupported);
    }

    [Fact]
    public void play_a_seed_the_same_way_twice()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            using var first = new SimulationRun(seed);
            using var second = new SimulationRun(seed);
            Assert.Equal(first.Play().Trace, second.Play().Trace);
        }
    }

    [Fact]
    public void play_another_seed_another_way()
    {
        var traces = new HashSet<ulong>();
        for (var seed = 1; seed <= 50; seed++)
        {
            using var run = new SimulationRun(seed);
            traces.Add(run.Play().Trace);
        }
        Assert.Equal(50, traces.Count);
    }
}
