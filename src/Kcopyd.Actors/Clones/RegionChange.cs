using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Clones;

/// <summary>What makes regions hydrated.</summary>
internal enum ChangeKind
{
    /// <summary>A write or discard of whole regions.</summary>
    Overwrite,
    /// <summary>A copy for a write to a part of a region, which fails if the copy does.</summary>
    CopyForWrite,
    /// <summary>A copy by the background hydration.</summary>
    Background,
}

/// <summary>Regions that are about to become hydrated, by a copy or by a write or discard of whole regions. Also the message with the result of a
/// copy.</summary>
/// <param name="clone">The clone.</param>
/// <param name="start">The first region.</param>
/// <param name="end">The region after the last one.</param>
/// <param name="kind">What makes them hydrated.</param>
internal sealed class RegionChange(CloneCore clone, long start, long end, ChangeKind kind) : LinkedMessage, IRangeHolder<RegionChange>
{
    private LinkedQueue<DeviceIo> _waiting;

    public long Start => start;

    public long End => end;

    public long Count => end - start;

    public ChangeKind Kind => kind;

    /// <summary>The error of the copy.</summary>
    public IoError Error { get; private set; }

    /// <summary>True if the copy failed to read the source.</summary>
    public bool FailedOnSource { get; private set; }

    public RegionChange? Before { get; set; }

    public RegionChange? After { get; set; }

    /// <summary>Adds a part that starts when the change has ended.</summary>
    public void Await(ClonePart part) => _waiting.Add(part);

    public void GiveWaitingTo(ref LinkedQueue<DeviceIo> released) => released.Append(ref _waiting);

    public void FailWaiting()
    {
        for (var part = _waiting.First; part is not null; part = part.Following)
            part.Error = Error;
    }

    /// <summary>Starts a copy of the regions from the source to the destination.</summary>
    public void Copy(KcopydClient client)
    {
        var (from, to) = (clone.Geometry.StartOf(start) >> IoRegion.SectorShift, clone.Geometry.StartOf(end) >> IoRegion.SectorShift);
        client.Copy(clone.Devices.Source.Region(from, to - from), [clone.Devices.Destination.Region(from, to - from)], CopyFlags.None, Copied, this);
    }

    // Runs on the copy client; notifies the clone's actor.
    private void Copied(CopyResult result)
    {
        if (result.ReadError)
            (Error, FailedOnSource) = (result.ReadFault?.Error ?? IoError.Io, true);
        else if (result.WriteErrors != 0)
            Error = result.Destinations[0].Fault?.Error ?? IoError.Io;
        clone.Actor.Tell(this, ActorRefs.NoSender);
    }
}
