using System.Diagnostics;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>Helpers for the specs of lanes: the test's thread owns the lane and drives it as a thread of the engine does.</summary>
internal static class Lanes
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    /// <summary>Skips the test where the kernel or a container forbids io_uring.</summary>
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

    /// <summary>Sleeps and reaps until the transfer completes.</summary>
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
            Assert.True(started.Elapsed < Enough, "The condition did not become true in time.");
            lane.Sleep();
            lane.Reap();
        }
    }
}
