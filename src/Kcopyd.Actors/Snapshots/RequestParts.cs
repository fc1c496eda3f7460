using System.Runtime.InteropServices;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The active requests of an origin and its snapshots, and the I/Os that are their parts. Used by the origin's actor only.</summary>
/// <remarks>Invariant: a request is answered once, when all its parts have ended and nothing uses its memory.</remarks>
internal sealed class RequestParts(IBlockDevice device, IIoWorkers workers, Action<IRunnable> schedule) : IIoOwner
{
    public const int MaxActive = 256;       // requests; more than these wait

    private readonly RequestAdmission<OriginRequest> _requests = new(MaxActive);
    private readonly TargetAnswers _answers = new(schedule);
    private readonly Stack<SnapshotIo> _free = new();

    /// <summary>Reads of the origin for snapshots that are in flight.</summary>
    public RangeLocks<SnapshotIo> OriginReads { get; } = new();

    /// <summary>True while no request is active.</summary>
    public bool IsIdle => _requests.Active == 0;

    /// <summary>Makes a request active, or queues it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">False if no request may begin now.</param>
    public bool TryBegin(OriginRequest request, bool isOpen) => _requests.TryBegin(request, isOpen);

    /// <inheritdoc cref="RequestAdmission{TRequest}.BeginNext"/>
    public OriginRequest? BeginNext() => _requests.BeginNext();

    public SnapshotIo Make(OriginRequest request, SnapshotCore? snapshot, long at, long length, DeviceOperation operation)
    {
        if (!_free.TryPop(out var part))
            part = new SnapshotIo(this) { Owner = this };
        part.Operation = operation;
        part.Request = request;
        part.RequestOffset = at;
        part.Start = request.Offset + at;
        part.Length = length;
        part.Memory = operation is DeviceOperation.Read or DeviceOperation.Write ? request.Memory.Slice((int)at, (int)length) : default;
        part.Snapshot = snapshot;
        request.Parts++;
        return part;
    }

    public void Start(SnapshotIo part, IBlockDevice on, long offset)
    {
        part.Device = on;
        part.Offset = offset;
        workers.Start(part);
    }

    public void StartOnOrigin(SnapshotIo part) => Start(part, device, part.Start);

    /// <summary>Reads data that a snapshot shares with the origin. Writes to that range of the origin wait for it.</summary>
    public void StartSharedRead(SnapshotIo part)
    {
        Acquire(part, OriginReads);
        StartOnOrigin(part);
    }

    public void StartInStore(SnapshotIo part, long offset)
    {
        Acquire(part, part.Snapshot!.Live.Writes);
        Start(part, part.Snapshot.Cow, offset);
    }

    /// <summary>Fails a part that was not started.</summary>
    public void Fail(SnapshotIo part)
    {
        part.Request!.Fail(IoError.Io, part.RequestOffset);
        End(part);
    }

    /// <summary>Ends one part of a request. After the last part, the request is answered.</summary>
    public void EndPart(OriginRequest request)
    {
        if (--request.Parts > 0)
            return;
        _requests.End(request);
        _answers.Add(request, new IoResult(request.GoodTo, request.Error));
    }

    /// <summary>Sends the collected answers to other actors.</summary>
    public void TellAnswers() => _answers.Tell();

    /// <summary>Ends all requests when the actor stops.</summary>
    public void Close()
    {
        _answers.Tell();        // it may have crashed in the middle of a turn
        _requests.Close();
    }

    void IIoOwner.Ended(DeviceIo ended)
    {
        var part = (SnapshotIo)ended;
        // The end of the underlying device is not the end of the caller's device, which continues behind a lost chunk.
        if (part.Error != IoError.None)
        {
            var isLost = part.Error is IoError.EndOfDevice or IoError.NoSpace && part.Offset + part.Length > part.Device.Length;
            part.Request!.Fail(isLost ? IoError.Io : part.Error, part.RequestOffset + part.Bytes);
        }
        var (run, error) = (part.Run, part.Error);
        End(part);
        run?.Written(error);
    }

    private static void Acquire(SnapshotIo part, RangeLocks<SnapshotIo> locks)
    {
        part.Locks = locks;
        locks.Add(part);
    }

    private void End(SnapshotIo part)
    {
        part.Locks?.Remove(part);
        var (request, blocked) = (part.Request!, part.Blocked);
        (part.Locks, part.Request, part.Blocked, part.Run, part.Snapshot, part.Memory) = (null, null, null, null, null, default);
        _free.Push(part);
        foreach (var change in CollectionsMarshal.AsSpan(blocked))
            change.Release();
        EndPart(request);
    }
}
