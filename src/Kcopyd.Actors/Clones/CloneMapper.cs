using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Clones;

/// <summary>Splits requests at the boundaries between hydrated and other regions, and sends each part where it belongs. Used by the clone's actor
/// only.</summary>
/// <remarks>
/// <para>A region that is not hydrated is read from the source, and is hydrated by a write: directly, if the write covers it, without reading the source;
/// otherwise it is copied first. A part that meets a change of its region waits for it.</para>
/// <para>A discard hydrates the regions that it covers when the destination has discarded them. If discards are not passed down, it does nothing: unlike in the
/// kernel, which then shows what the destination held before it became one, possibly another owner's data.</para>
/// </remarks>
internal sealed class CloneMapper(CloneCore core, RegionChanges changes, CloneParts parts, KcopydClient copies, Hydrator hydrator, CommitQueue commits)
{
    private readonly CloneGeometry _geometry = core.Geometry;
    private readonly RegionMap _map = core.Map;

    /// <summary>Starts a request.</summary>
    public void Map(CloneRequest request)
    {
        if (core.Mode == CloneMode.Failed || (core.Mode == CloneMode.ReadOnly && request.Operation == DeviceOperation.Flush))
            request.Fail(IoError.Io, 0);
        else if (request.Operation == DeviceOperation.Flush)
            commits.Flush(request);
        else
            Map(request, 0, request.Length);
    }

    /// <summary>Continues with a part that waited for a change of its regions.</summary>
    public void Continue(ClonePart part)
    {
        var request = part.Request!;
        if (core.Mode == CloneMode.Failed)
            request.Fail(IoError.Io, part.RequestOffset);
        else if (part.Error != IoError.None)
            request.Fail(part.Error == IoError.EndOfDevice ? IoError.Io : part.Error, part.RequestOffset);
        else
            Map(request, part.RequestOffset, part.RequestOffset + part.Length);
        parts.End(part);
    }

    private void Map(CloneRequest request, long at, long end)
    {
        if (request.Operation == DeviceOperation.Read)
            MapRead(request, at, end);
        else if (request.Operation == DeviceOperation.Discard)
            MapDiscard(request, at, end);
        else
            MapWrite(request, at, end);
    }

    private void MapRead(CloneRequest request, long at, long end)
    {
        while (at < end)
        {
            var region = _geometry.RegionOf(request.Offset + at);
            var isHydrated = _map.IsHydrated(region);
            var next = region + 1;
            while (_geometry.StartOf(next) < request.Offset + end && _map.IsHydrated(next) == isHydrated)
                next++;
            var stop = Math.Min(_geometry.StartOf(next) - request.Offset, end);
            parts.Start(parts.Make(request, at, stop, DeviceOperation.Read), isHydrated ? core.Devices.Destination : core.Devices.Source);
            if (!isHydrated)
                hydrator.Follow(region);
            at = stop;
        }
    }

    private void MapWrite(CloneRequest request, long at, long end)
    {
        while (at < end)
        {
            var region = _geometry.RegionOf(request.Offset + at);
            var stop = Math.Min(_geometry.StartOf(region + 1) - request.Offset, end);
            if (IsDirect(request, region, at, end))
            {
                while (stop < end && IsDirect(request, ++region, stop, end))
                    stop = Math.Min(_geometry.StartOf(region + 1) - request.Offset, end);
                StartDirect(parts.Make(request, at, stop, request.Operation));
            }
            else if (changes.HolderOf(region, region + 1) is { } change)
                change.Await(parts.Make(request, at, stop, DeviceOperation.None));
            else if (core.Mode == CloneMode.ReadOnly)
                request.Fail(IoError.Io, at);
            else
                CopyFirst(parts.Make(request, at, stop, DeviceOperation.None), region);
            at = stop;
        }
    }

    // True if a write to a region needs neither a copy nor a wait.
    private bool IsDirect(CloneRequest request, long region, long at, long end) =>
        changes.HolderOf(region, region + 1) is null
        && (_map.IsHydrated(region) || (core.Mode == CloneMode.ReadWrite
            && request.Offset + at == _geometry.StartOf(region) && request.Offset + end >= _geometry.StartOf(region + 1)));

    private void StartDirect(ClonePart part)
    {
        var start = part.Request!.Offset + part.RequestOffset;
        var (first, end) = (_geometry.RegionOf(start), _geometry.RegionOf(start + part.Length - 1) + 1);
        if (_map.AreHydrated(first, end))
            parts.Start(part, core.Devices.Destination);
        else
            parts.Start(part, new RegionChange(core, first, end, ChangeKind.Overwrite));
    }

    private void CopyFirst(ClonePart part, long region)
    {
        var copy = new RegionChange(core, region, region + 1, ChangeKind.CopyForWrite);
        copy.Await(part);
        changes.BeginCopy(copy, copies);
    }

    private void MapDiscard(CloneRequest request, long at, long end)
    {
        var first = (request.Offset + at + _geometry.RegionSize - 1) / _geometry.RegionSize;
        var last = (request.Offset + end) / _geometry.RegionSize;
        if (first >= last || !parts.PassesDiscards)
            return;
        at = _geometry.StartOf(first) - request.Offset;
        end = _geometry.StartOf(last) - request.Offset;
        var isHydrated = _map.AreHydrated(first, last);
        if (changes.HolderOf(first, last) is { } change)
            change.Await(parts.Make(request, at, end, DeviceOperation.None));
        else if (isHydrated)
            parts.Start(parts.Make(request, at, end, DeviceOperation.Discard), core.Devices.Destination);
        else if (core.Mode == CloneMode.ReadWrite)
            parts.Start(parts.Make(request, at, end, DeviceOperation.Discard), new RegionChange(core, first, last, ChangeKind.Overwrite));
    }
}
