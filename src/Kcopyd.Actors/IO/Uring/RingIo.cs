using System.Buffers;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;
using Akka.Dispatch;

namespace Kcopyd.Actors.IO.Uring;

/// <summary>
/// One transfer in a ring. Keeps the file open and the memory pinned until the kernel has answered. Its lane recycles it when its result has been taken.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class RingIo(IoLane lane) : IValueTaskSource<IoResult>, IRunnable
{
    private ManualResetValueTaskSourceCore<IoResult> _core;     // continues inline: the caller that awaits it is a worker, whose continuation is a Tell
    private FileDescriptor _file = null!;
    private ReadOnlyMemory<byte> _memory;   // the pin of permanently pinned memory does not keep it alive
    private MemoryHandle _pin;
    private RingRequest _request;

    public ref readonly RingRequest Request => ref _request;

    public ValueTask<IoResult> Task => new(this, _core.Version);

    /// <summary>Where the lane finds the transfer when the kernel answers.</summary>
    public int Place { set => _request.UserData = (ulong)value; }

    /// <summary>The kernel's answer, for <see cref="Run"/>.</summary>
    public int Answer { private get; set; }

    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void Prepare(byte op, FileDescriptor file, ReadOnlyMemory<byte> memory, long offset)
    {
        var pin = memory.Pin();
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
        }
        finally
        {
            if (!held)
                pin.Dispose();
        }
        (_file, _memory, _pin) = (file, memory, pin);
        _request = new RingRequest
        {
            Op = op,
            File = (int)file.DangerousGetHandle(),
            Offset = offset,
            Address = pin.Pointer,
            Length = (uint)memory.Length,
        };
    }

    /// <summary>Releases the file and the memory, which the kernel no longer uses, and runs the continuation.</summary>
    public void Complete(int result)
    {
        _pin.Dispose();
        _memory = default;
        _file.DangerousRelease();
        _file = null!;
        _core.SetResult(result < 0 ? IoResult.Failure((IoError)(-result)) : IoResult.Success(result));
    }

    public void Run() => Complete(Answer);

    public void Execute() => Run();

    IoResult IValueTaskSource<IoResult>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();              // a caller that takes the result twice gets an exception, not the result of another transfer
        lane.Recycle(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
