using System.Threading.Tasks.Sources;
using Akka.Dispatch;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// An I/O of a <see cref="SimulatedDisk"/>. Its completion is one of the things that can happen next in its world: then its bytes move, and not before. Its
/// caller continues in the same step, if it awaits without a context, as actors and libraries do. Use it on the simulation's thread only.
/// </summary>
public sealed class SimulatedIo : IRunnable, IValueTaskSource<IoResult>, IValueTaskSource<ExtentResult>
{
    private ManualResetValueTaskSourceCore<IoResult> _task;
    private IoError _failure;

    internal SimulatedIo(SimulatedDisk disk, DiskIoKind kind, long offset, long length) =>
        (Disk, Kind, Offset, Length, Issued) = (disk, kind, offset, (int)Math.Clamp(length, 0, int.MaxValue), disk.Step);

    /// <summary>The disk.</summary>
    public SimulatedDisk Disk { get; }

    /// <summary>What it does.</summary>
    public DiskIoKind Kind { get; }

    /// <summary>Byte offset; 0 for a flush.</summary>
    public long Offset { get; }

    /// <summary>Bytes; 0 for a flush.</summary>
    public int Length { get; }

    /// <summary>Of a read: the memory that it fills. Otherwise empty.</summary>
    public Memory<byte> Buffer { get; internal init; }

    /// <summary>Of a write: the memory that holds its data, which is the caller's. Otherwise empty.</summary>
    public ReadOnlyMemory<byte> Data { get; internal init; }

    /// <summary>Of a clone: the disk that it copies from. Otherwise null.</summary>
    public SimulatedDisk? Source { get; internal init; }

    /// <summary>Of a clone: the byte offset on <see cref="Source"/>.</summary>
    public long SourceOffset { get; internal init; }

    /// <summary>Of a clone: how it is made.</summary>
    public OffloadKinds Method { get; internal init; }

    /// <summary>The world's step in which it was issued.</summary>
    public long Issued { get; }

    /// <summary>The world's step in which it completed; <see cref="long.MaxValue"/> until then.</summary>
    public long Completed { get; private set; } = long.MaxValue;

    /// <summary>The world's step from which on its data is certainly on the medium; <see cref="long.MaxValue"/> until then.</summary>
    public long Durable { get; internal set; } = long.MaxValue;

    /// <summary>True if it has a result.</summary>
    public bool IsCompleted => Completed != long.MaxValue;

    /// <summary>The result of a completed I/O. Of a map, the bytes are those that read as zeroes; of one that has thrown, it is
    /// <see cref="IoError.NoDevice"/>.</summary>
    public IoResult Result { get; private set; }

    /// <summary>Of a completed map: the answer.</summary>
    public ExtentResult Extent { get; internal set; }

    /// <summary>What it throws instead of returning a result; null if it does not throw.</summary>
    public Exception? Exception { get; private set; }

    /// <summary>True if it changes what the disk holds.</summary>
    public bool Changes => Kind is DiskIoKind.Write or DiskIoKind.WriteZeroes or DiskIoKind.Discard or DiskIoKind.Clone;

    /// <summary>The error with which it is to fail; None if it was not chosen to.</summary>
    internal IoError Failure => _failure;

    /// <summary>The process that waits for it; null for the world's own code.</summary>
    internal Process? Process { get; set; }

    /// <summary>Its place in the order of the disk's events.</summary>
    internal long IssueOrder { get; set; }

    /// <summary>The same of its completion.</summary>
    internal long DoneOrder { get; set; } = long.MaxValue;

    /// <summary>How many times the disk had lost its power when it was issued.</summary>
    internal int Life { get; set; }

    /// <summary>Its place among the I/Os in flight; -1 when it no longer is.</summary>
    internal int Slot { get; set; }

    /// <summary>Makes it fail. For <see cref="IDiskObserver.Issued"/>.</summary>
    /// <param name="error">The error.</param>
    /// <exception cref="ArgumentException">The error is <see cref="IoError.None"/>.</exception>
    /// <exception cref="InvalidOperationException">It has completed.</exception>
    public void Fail(IoError error)
    {
        if (error == IoError.None)
            throw new ArgumentException($"{IoError.None} is no failure. Choose an error.", nameof(error));
        ThrowIfCompleted();
        _failure = error;
    }

    /// <summary>Makes it throw. For <see cref="IDiskObserver.Issued"/>.</summary>
    /// <param name="exception">The exception.</param>
    /// <exception cref="InvalidOperationException">It has completed.</exception>
    public void Throw(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        ThrowIfCompleted();
        Exception = exception;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Issued}-{(IsCompleted ? Completed : "?")} {Disk.Name} {Kind}{(Kind == DiskIoKind.Clone ? $" {Method}" : "")} {Offset}+{Length}"
        + (IsCompleted ? $" -> {Result.Bytes} {Result.Error}" : "");

    internal void End(long step, IoResult result) => (Completed, Result) = (step, result);

    /// <summary>Lets the caller continue.</summary>
    internal void Signal()
    {
        if (Exception is not null)
            _task.SetException(Exception);
        else
            _task.SetResult(Result);
    }

    void IRunnable.Run() => Disk.Complete(this);

    void IThreadPoolWorkItem.Execute() => Disk.Complete(this);

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => _task.GetResult(token);

    ExtentResult IValueTaskSource<ExtentResult>.GetResult(short token)
    {
        _task.GetResult(token);
        return Extent;
    }

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _task.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<ExtentResult>.GetStatus(short token) => _task.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _task.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<ExtentResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _task.OnCompleted(continuation, state, token, flags);

    private void ThrowIfCompleted()
    {
        if (IsCompleted)
            throw new InvalidOperationException($"The I/O has completed: {this}. Choose its fate when it is issued.");
    }
}
