using System.Threading.Tasks.Sources;
using Akka.Dispatch;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>An I/O on a <see cref="Disk"/>: a step of the pump, and the task that its caller awaits and whose continuation runs on the pump.</summary>
internal sealed class DiskIo(Disk disk, DeviceOperation kind, long offset, int length, Memory<byte> memory) : IRunnable, IValueTaskSource<IoResult>
{
    private ManualResetValueTaskSourceCore<IoResult> _task;

    public Disk Disk => disk;

    public DeviceOperation Kind => kind;

    public long Offset => offset;

    public int Length => length;

    public Memory<byte> Memory => memory;

    /// <summary>The bytes that a write, zeroing or discard stores.</summary>
    public byte[]? Data { get; init; }

    public int Issued { get; init; }

    public int Done { get; set; } = int.MaxValue;

    /// <summary>When a flush that began after it was done has completed: from then on its data is on the medium.</summary>
    public int Durable { get; set; } = int.MaxValue;

    public bool Fails { get; set; }

    public void Run()
    {
        var result = disk.Perform(this);
        if (Fails && disk.Log.Throws)
            _task.SetException(new IOException($"{disk.Name} has vanished."));
        else
            _task.SetResult(result);
    }

    public void Execute() => Run();

    public IoResult GetResult(short token) => _task.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _task.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _task.OnCompleted(continuation, state, token, flags);

    public override string ToString() => $"{Issued}-{(Done == int.MaxValue ? "?" : Done)} {disk.Name} {kind} {offset}+{length}{(Fails ? " fails" : "")}";
}
