using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>Checks that one failed I/O has the same consequences as in the kernel, and no others.</summary>
internal sealed class Blame(World world)
{
    private View? _store;
    private bool _wasInvalid, _isHeld, _isMetadata;

    /// <summary>Records the purpose of the I/O at the moment it fails.</summary>
    public void Look(SimulatedIo io)
    {
        _store = world.Snapshots.Find(view => view.Disk == io.Disk);
        if (_store?.Core is not { } core || core.Options.Store == StoreKind.Transient)
            return;
        var chunk = core.Geometry.ChunkOf(io.Offset);
        _wasInvalid = core.IsInvalid;
        _isMetadata = core.Geometry.IsMetadata(chunk);
        _isHeld = core.Table.All().Any(record => record.New == chunk);
    }

    public IEnumerable<string> Judge()
    {
        var io = world.Log.Failed;
        var invalid = world.Snapshots.FindAll(static view => view.InvalidSince != int.MaxValue && view.Core!.Reason != "its store is full");
        var errors = world.Errors;
        var wasMerged = world.Merging is not null;
        foreach (var request in errors.Where(request => request.View.Core is null && !wasMerged && (io is null || io.Disk != world.Origin.Disk)))
            yield return $"the origin suffers from {io}: {request}";
        if (io is null || wasMerged)
            yield break;
        if (invalid.Count > 0 && !MayInvalidate(io))
            yield return $"{invalid[0].Name} is invalid ({invalid[0].Core!.Reason}) by {io}";
        // A store that was found full before the error arrived also makes its snapshot invalid.
        if (invalid.Count == 0 && !_wasInvalid && _store is not { InvalidSince: < int.MaxValue } && MustInvalidate(io, errors))
            yield return $"nothing is invalid after {io}";
        if (invalid.Exists(view => io.Disk != world.Origin.Disk && view != _store))
            yield return $"another snapshot suffers from {io}";
    }

    private bool MayInvalidate(SimulatedIo io) => io.Disk == world.Origin.Disk
        ? io.Kind == DiskIoKind.Read
        : io.Kind == DiskIoKind.Flush || (io.Kind is DiskIoKind.Write or DiskIoKind.WriteZeroes && !_isHeld);

    // A copy retries a failed write in smaller pieces, and each I/O fails only once; any other write belongs to a request, which receives the error.
    private bool MustInvalidate(SimulatedIo io, List<Request> errors)
    {
        if (io.Disk == world.Origin.Disk)
            return io.Kind == DiskIoKind.Read && !errors.Exists(static request => request.Operation == DeviceOperation.Read) && errors.Count > 0;
        if (_store is not { History: not null })
            return false;       // never opened, or not attached because its label could not be written
        return io.Kind == DiskIoKind.Flush
            ? !errors.Exists(static request => request.Operation == DeviceOperation.Flush)
            : io.Kind == DiskIoKind.Write && !_isHeld && (_isMetadata || (_store.Core!.Options.Store != StoreKind.Transient && errors.Count > 0));
    }
}
