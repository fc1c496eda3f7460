using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

[Collection(Alone.Name)]
public sealed class IoLane_that_ends_should : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void wait_for_its_transfers()
    {
        var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", Bytes.Random(1 << 20)), LibC.O_RDONLY);
        var transfers = Enumerable.Range(0, 200).Select(i => lane.Read(file, new byte[4096], i * 4096)).ToList();
        lane.Dispose();
        Assert.All(transfers, transfer => Assert.Equal(IoResult.Success(4096), transfer.GetAwaiter().GetResult()));
    }

    [SkippableFact]
    public void cancel_a_transfer_that_never_completes()
    {
        var lane = Lanes.Open(Short);
        using var pipe = new Pipe();
        var transfer = lane.Read(pipe.Start, new byte[1], 0);
        lane.Submit();
        lane.Dispose();
        Assert.True(transfer.IsCompleted, "The transfer is still with the kernel.");
        Assert.Equal(IoResult.Failure(IoError.Cancelled), transfer.GetAwaiter().GetResult());
        pipe.Start.Dispose();
        Assert.True(pipe.Start.IsClosed);
    }

    [SkippableFact]
    public void not_begin_again_what_its_cancellation_interrupts()
    {
        var lane = Lanes.Open(TimeSpan.Zero);
        using var file = Lanes.File(_folder.File("file", Bytes.Random(1000)), LibC.O_RDONLY);
        var transfer = lane.Read(file, new byte[1000], 0);
        lane.Submit();
        Assert.True(SpinWait.SpinUntil(() => lane.HasAnswers, Short * 100));
        Interruption.OfTheNextAnswer(lane);
        lane.Dispose();
        Assert.True(transfer.IsCompleted, "The transfer was submitted again.");
        Assert.Equal(IoResult.Failure((IoError)LibC.EINTR), transfer.GetAwaiter().GetResult());
    }

    [SkippableFact]
    public void leave_what_does_not_come_back_its_memory_and_its_file()
    {
        Lanes.Required();
        using var pipe = new Pipe();
        var descriptor = $"/proc/self/fd/{pipe.Start.DangerousGetHandle()}";
        var memory = EndWithTransfer(pipe);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.True(memory.IsAlive, "The memory was freed, and the kernel may still write into it.");
        pipe.Start.Dispose();
        Assert.True(Path.Exists(descriptor), "The file was closed, and the kernel may still read from it.");
    }

    [SkippableFact]
    public void not_keep_the_memory_of_a_transfer_that_is_complete()
    {
        using var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", Bytes.Random(4096)), LibC.O_RDONLY);
        var memory = ReadOnce(lane, file);
        GC.Collect();
        Assert.False(memory.IsAlive, "A recycled transfer still holds its memory.");
    }

    // With no patience the cancellation does not reach the kernel, as with a dead disk.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference EndWithTransfer(Pipe pipe)
    {
        var lane = Lanes.Open(TimeSpan.Zero);
        var array = GC.AllocateArray<byte>(4096, pinned: true);
        _ = lane.Read(pipe.Start, MemoryMarshal.CreateFromPinnedArray(array, 0, array.Length), 0);
        lane.Submit();
        lane.Dispose();
        Assert.True(lane.HasTransfers);
        return new WeakReference(array);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ReadOnce(IoLane lane, FileDescriptor file)
    {
        var array = new byte[4096];
        lane.Finish(lane.Read(file, array, 0));
        return new WeakReference(array);
    }
}
