using System.Diagnostics;
using Akka.Configuration;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Simulation;

namespace Kcopyd.Actors.Tests;

/// <summary>Base class of the engine's specs: clients with small pieces, random sources, and waiting for an event instead of a time.</summary>
public abstract class EngineSpec(string config = "") : AkkaTestKit(
    ConfigurationFactory.ParseString(config).WithFallback("akka { loglevel = WARNING, stdout-loglevel = OFF, log-dead-letters = off }")
        .WithFallback("akka.test { single-expect-default = 60s, default-timeout = 60s }"))
{
    /// <summary>The actor system's time advances only when the spec advances it.</summary>
    protected static readonly string VirtualTime = VirtualScheduler.Setting;

    /// <summary>The size of the pieces that the specs split jobs into, in bytes.</summary>
    protected const int Piece = 4096;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    protected VirtualScheduler Scheduler => (VirtualScheduler)Sys.Scheduler;

    protected KcopydClient Client(Func<KcopydSettings, KcopydSettings>? change = null, KcopydThrottle? throttle = null, string? name = null)
    {
        var settings = Sys.Kcopyd().Settings with { SubJobSize = Piece, SubJobsPerJob = 8 };    // eight, as in the kernel
        return Sys.Kcopyd().CreateClient(name, change is null ? settings : change(settings), throttle);
    }

    protected static MemoryBlockDevice Random(int length, int seed = 1, int blockSize = 512)
    {
        var device = BlockDevice.Memory(length, blockSize, name: "source");
        Bytes.Random(length, seed).CopyTo(device.Bytes);
        return device;
    }

    protected static MemoryBlockDevice[] Mirrors(int count, int length) =>
        [.. Enumerable.Range(0, count).Select(i => BlockDevice.Memory(length, name: $"mirror-{i}"))];

    protected static IoRegion[] Whole(params IBlockDevice[] devices) => [.. devices.Select(device => device.Whole())];

    /// <summary>The result of a task that must complete in time.</summary>
    protected static Task<T> Soon<T>(Task<T> task) => task.WaitAsync(Long);

    /// <inheritdoc cref="Soon{T}"/>
    protected static Task Soon(Task task) => task.WaitAsync(Long);

    /// <summary>Waits until a condition holds, in real time even where the system's time is virtual.</summary>
    protected static async Task Until(Func<Task<bool>> holds)
    {
        var started = Stopwatch.StartNew();
        while (!await holds())
        {
            if (started.Elapsed > Long)
                throw new TimeoutException("The condition did not become true in time.");
            await Task.Delay(1);
        }
    }

    /// <inheritdoc cref="Until(Func{Task{bool}})"/>
    protected static Task Until(Func<bool> holds) => Until(() => Task.FromResult(holds()));

    /// <summary>Waits until the client has nothing in flight: it is then done, throttled or paused, and only time or a message makes it continue.</summary>
    protected static Task Still(KcopydClient client) => Until(async () => (await client.GetStatusAsync()).SubJobsInFlight == 0);
}

/// <summary>Specs that measure the whole process: no other spec runs at the same time.</summary>
[Xunit.CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
