using Akka.Dispatch;

namespace Kcopyd.Actors.IO;

/// <summary>Where the transfers of one thread wait that have to. The thread owns it; <see cref="Wake"/> and <see cref="Serve"/> may be called by any
/// thread.</summary>
internal abstract class TransferLane : IDisposable
{
    /// <summary>True while the kernel needs the thread to complete transfers. Any thread may ask.</summary>
    public abstract bool HasTransfers { get; }

    /// <summary>True if transfers are queued that the kernel has not been told of.</summary>
    public abstract bool HasQueued { get; }

    /// <summary>True if the kernel has completed some.</summary>
    public abstract bool HasAnswers { get; }

    public abstract ValueTask<IoResult> Read(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset);

    public abstract ValueTask<IoResult> Write(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset);

    /// <summary>Tells the kernel of what is queued.</summary>
    public abstract void Submit();

    /// <summary>Continues what awaits completed transfers.</summary>
    public abstract void Reap();

    /// <summary>Waits until a transfer completes, or for <see cref="Wake"/>.</summary>
    public abstract void Sleep();

    public abstract void Wake();

    /// <summary>Takes the completed transfers of a thread that hangs, and schedules what awaits them.</summary>
    public abstract void Serve(Action<IRunnable> schedule);

    public abstract void Dispose();
}
