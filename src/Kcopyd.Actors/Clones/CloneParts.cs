using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Clones;

/// <summary>An I/O that is part of a request to a clone.</summary>
internal sealed class ClonePart : DeviceIo
{
    /// <summary>The request that it is part of.</summary>
    public CloneRequest? Request { get; set; }

    /// <summary>Its offset in the request, in bytes.</summary>
    public long RequestOffset { get; set; }

    /// <summary>The regions that it hydrates; null if none.</summary>
    public RegionChange? Change { get; set; }
}

/// <summary>The active requests of a clone, and the I/Os that are their parts. Used by the clone's actor only.</summary>
/// <remarks>Invariant: a request is answered once, when all its parts have ended and nothing uses its memory. A region is marked as hydrated before the write
/// that hydrated it is answered.</remarks>
internal sealed class CloneParts(CloneCore core, RegionChanges changes, IIoWorkers workers, Action<IRunnable> schedule) : IIoOwner
{
    public const int MaxActive = 256;       // requests; more than these wait

    private readonly RequestAdmission<CloneRequest> _requests = new(MaxActive);
    private readonly TargetAnswers _answers = new(schedule);
    private readonly Stack<ClonePart> _free = new();

    /// <summary>True while no request is active.</summary>
    public bool IsIdle => _requests.Active == 0;

    /// <summary>True if discards are passed to the destination.</summary>
    public bool PassesDiscards { get; private set; } =
        !core.Options.NoDiscardPassdown && (core.Devices.Destination.Features & DeviceFeatures.Discard) != 0;

    /// <summary>Makes a request active, or queues it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">False if no request may begin now.</param>
    public bool TryBegin(CloneRequest request, bool isOpen) => _requests.TryBegin(request, isOpen);

    /// <inheritdoc cref="RequestAdmission{TRequest}.BeginNext"/>
    public CloneRequest? BeginNext() => _requests.BeginNext();

    /// <summary>Makes a part of a request, from one byte of the request to another.</summary>
    public ClonePart Make(CloneRequest request, long at, long end, DeviceOperation operation)
    {
        if (!_free.TryPop(out var part))
            part = new ClonePart { Owner = this };
        (part.Request, part.RequestOffset, part.Length, part.Operation) = (request, at, end - at, operation);
        (part.Bytes, part.Error) = (0, IoError.None);
        part.Memory = operation is DeviceOperation.Read or DeviceOperation.Write ? request.Memory.Slice((int)at, (int)part.Length) : default;
        request.Parts++;
        return part;
    }

    public void Start(ClonePart part, IBlockDevice on)
    {
        part.Device = on;
        part.Offset = part.Request!.Offset + part.RequestOffset;
        workers.Start(part);
    }

    /// <summary>Starts a part that hydrates the regions of a change.</summary>
    public void Start(ClonePart part, RegionChange change)
    {
        part.Change = change;
        changes.Begin(change);
        Start(part, core.Devices.Destination);
    }

    /// <summary>Ends a part that is not in flight.</summary>
    public void End(ClonePart part)
    {
        var request = part.Request!;
        (part.Request, part.Change, part.Memory) = (null, null, default);
        _free.Push(part);
        EndPart(request);
    }

    /// <summary>Ends one part of a request. After the last part, the request is answered.</summary>
    public void EndPart(CloneRequest request)
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
        var part = (ClonePart)ended;
        var (request, error) = (part.Request!, part.Error);
        if (part is { Operation: DeviceOperation.Discard, Error: IoError.NotSupported })
            PassesDiscards = false;                     // a discard may do nothing: the regions keep their content
        else if (error != IoError.None)
            // A region that is not hydrated shows nothing of what was written to it.
            request.Fail(error == IoError.EndOfDevice ? IoError.Io : error, part.RequestOffset + (part.Change is null ? part.Bytes : 0));
        else if (part.Operation != DeviceOperation.Read)
            Written(part, request);
        if (part.Change is { } change)
            changes.End(change);
        End(part);
    }

    private void Written(ClonePart part, CloneRequest request)
    {
        if (part.Change is { } change && core.Mode == CloneMode.ReadWrite)
            core.Map.Mark(change.Start, change.End);
        // A commit that failed in the meantime may have lost the marks of the regions.
        else if (core.Mode != CloneMode.ReadWrite
            && !core.Map.AreHydrated(core.Geometry.RegionOf(part.Offset), core.Geometry.RegionOf(part.Offset + part.Length - 1) + 1))
            request.Fail(IoError.Io, part.RequestOffset);
    }
}
