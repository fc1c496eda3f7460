using System.Diagnostics;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>What specs of lanes share: the test's thread is the owner, and does what a thread of the engine does with its lane.</summary>
internal static class Lanes
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    /// <summary>Skips where the kernel, or a container, forbids io_uring.</summary>
    public static void Required()
    {
        using var ring = Ring.TryCreate(maxWorkers: 1, out var errno);
        Skip.If(ring is null, $"needs io_uring ({LibC.Message(errno)})");
    }

    public static IoLane Open(TimeSpan? patience = null)
    {
        Required();
        return IoLane.TryCreate(maxWorkers: 4, exception => Assert.Fail(exception.ToString()), out _, patience)!;
    }

    public static FileDescriptor File(string path, int flags = LibC.O_RDWR) =>
        LibC.Open(path, flags, out var errno) ?? throw new IOException($"{path}: {LibC.Message(errno)}");

    /// <summary>Sleeps and reaps until it is complete.</summary>
    public static IoResult Finish(this IoLane lane, ValueTask<IoResult> transfer)
    {
        lane.Until(() => transfer.IsCompleted);
        return transfer.GetAwaiter().GetResult();
    }

    public static void Until(this IoLane lane, Func<bool> holds)
    {
        var started = Stopwatch.StartNew();
        using var alarm = new Timer(_ => lane.Wake(), null, Enough, Enough);
        while (!holds())
        {
            Assert.True(started.Elapsed < Enough, "What was waited for did not happen.");
            lane.Sleep();
            lane.Reap();
        }
    }
}
