using System.Buffers;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;
using Akka.Dispatch;

namespace Kcopyd.Actors.IO.Uring;

/// <summary>
/// One transfer in a ring: keeps the file open and the memory in its place until the kernel has answered. Recycled by its lane when its
/// result has been taken.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class RingIo(IoLane lane) : IValueTaskSource<IoResult>, IRunnable
{
    private ManualResetValueTaskSourceCore<IoResult> _core;     // goes on inline: what waits is a worker, whose continuation is a Tell
    private FileDescriptor _file = null!;
    private ReadOnlyMemory<byte> _memory;   // the pin of memory that is pinned for life keeps nothing alive
    private MemoryHandle _pin;
    private RingRequest _request;

    public ref readonly RingRequest Request => ref _request;

    public ValueTask<IoResult> Task => new(this, _core.Version);

    /// <summary>Where the lane finds it when the kernel answers.</summary>
    public int Place { set => _request.UserData = (ulong)value; }

    /// <summary>What the kernel answered, for <see cref="Run"/>.</summary>
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

    /// <summary>The kernel is done with the file and the memory. Runs what waits for it.</summary>
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
        _core.Reset();              // who takes the result twice gets an exception, not somebody else's transfer
        lane.Recycle(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
