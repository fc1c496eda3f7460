using Akka.Dispatch;

namespace Kcopyd.Actors.IO;

/// <summary>The transfers of one thread that must wait. The thread owns the lane; any thread may call <see cref="Wake"/> and <see cref="Serve"/>.</summary>
internal abstract class TransferLane : IDisposable
{
    /// <summary>True while the kernel needs the thread to complete transfers. Any thread may read it.</summary>
    public abstract bool HasTransfers { get; }

    /// <summary>True if transfers are queued and not submitted.</summary>
    public abstract bool HasQueued { get; }

    /// <summary>True if the kernel has completed transfers.</summary>
    public abstract bool HasAnswers { get; }

    public abstract ValueTask<IoResult> Read(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset);

    public abstract ValueTask<IoResult> Write(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset);

    /// <summary>Submits the queued transfers to the kernel.</summary>
    public abstract void Submit();

    /// <summary>Runs the continuations of completed transfers.</summary>
    public abstract void Reap();

    /// <summary>Waits until a transfer completes, or until <see cref="Wake"/> is called.</summary>
    public abstract void Sleep();

    public abstract void Wake();

    /// <summary>Takes the completed transfers of a thread that hangs, and schedules their continuations.</summary>
    public abstract void Serve(Action<IRunnable> schedule);

    public abstract void Dispose();
}
