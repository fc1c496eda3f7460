using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>One I/O on a device: the message to an I/O worker, and its report to the origin's actor. Whoever has it as a message owns it.</summary>
internal sealed class DeviceIo : LinkedMessage
{
    public IIoOwner Owner = null!;
    public IBlockDevice Device = null!;
    public DeviceOperation Operation;
    public long Offset;             // bytes, on the device
    public long Length;             // bytes
    public Memory<byte> Memory;     // of a write, too: only read then

    /// <summary>Comes after it, on the same worker, if it goes well; the report of both is this one's.</summary>
    public DeviceIo? Then;

    /// <summary>Fired when the I/O ends, on the thread where it ends.</summary>
    public PreparedCallback? Token;

    // The worker's, until it reports.
    public long Bytes;
    public IoError Error;

    // The actor's.
    public IoWorker? Worker;
    public DeviceIo? NextWaiting;           // in a list of I/Os that wait for something
    public BlockRequest? Request;           // whose part it is
    public long RequestOffset;              // bytes, from the request's start
    public long SourceOffset;               // bytes on the origin, wherever the I/O itself goes
    public SnapshotCore? Snapshot;          // through which it came; null for the origin
    public int Waits;                       // what must happen before it may start
    public List<DeviceIo>? Blocked;         // I/Os that wait for the end of this one
    public IoList? List;                    // of what is in flight, and its neighbours there
    public DeviceIo? Before, After;

    public bool Overlaps(long offset, long length) => SourceOffset < offset + length && offset < SourceOffset + Length;
}

internal enum DeviceOperation
{
    /// <summary>Nothing: what waits for the I/O's turn is told that it has come.</summary>
    None,
    Read,
    Write,
    /// <summary>By the device's own means, or by writing zeroes.</summary>
    Zero,
    Discard,
    Flush,
}

/// <summary>Takes I/Os back on the origin's actor.</summary>
internal interface IIoOwner
{
    void Ended(DeviceIo io);
}
