using System.Runtime.InteropServices;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Splits requests into parts by where their bytes are. Used by the origin's actor only.</summary>
internal sealed class RequestMapper(OriginCore origin, OriginSnapshots snapshots, RequestParts parts, OriginChangeGate gate, CopyQueue copies, MergeRun merge)
{
    /// <param name="request">The request.</param>
    /// <param name="isClosing">True if the origin is being closed.</param>
    public void Map(OriginRequest request, bool isClosing)
    {
        // While a snapshot is being merged, the origin already reads as it will after the merge.
        var snapshot = request.Snapshot ?? snapshots.Merging;
        if (isClosing || request.Snapshot is { IsClosed: true })
            request.Fail(IoError.Closed, 0);
        else if (snapshot is { IsInvalid: true } && snapshot != snapshots.Merging)
            request.Fail(IoError.Io, 0);
        else
            Map(request, snapshot);
    }

    private void Map(OriginRequest request, SnapshotCore? snapshot)
    {
        switch (request.Operation)
        {
            case DeviceOperation.Read when snapshot is null:
                parts.StartOnOrigin(parts.Make(request, null, 0, request.Length, DeviceOperation.Read));
                break;
            case DeviceOperation.Read:
                MapRead(request, snapshot);
                break;
            case DeviceOperation.Write when snapshot is null:
                gate.Admit(parts.Make(request, null, 0, request.Length, DeviceOperation.Write));
                break;
            case DeviceOperation.Write when snapshot == snapshots.Merging:
                merge.Map(request);
                break;
            case DeviceOperation.Write:
                MapWrite(request, snapshot);
                break;
            case DeviceOperation.Discard when snapshot == snapshots.Merging:
                request.Fail(IoError.NotSupported, 0);
                break;
            case DeviceOperation.Discard:
                MapDiscard(request, snapshot!);
                break;
            case DeviceOperation.Flush:
                if (snapshot is not null)
                    parts.Start(parts.Make(request, snapshot, 0, 0, DeviceOperation.Flush), snapshot.Cow, 0);
                if (snapshot is null || snapshot == snapshots.Merging)
                    parts.Start(parts.Make(request, snapshot, 0, 0, DeviceOperation.Flush), origin.Device, 0);
                break;
        }
    }

    private void MapRead(OriginRequest request, SnapshotCore snapshot)
    {
        for (long at = 0; at < request.Length;)
        {
            var (place, end) = snapshot.Stretch(request, at);
            var part = parts.Make(request, snapshot, at, end - at, DeviceOperation.Read);
            if (place >= 0)
                parts.Start(part, snapshot.Cow, place);
            else if (snapshot == snapshots.Merging)     // it shows the origin's current data there, so that writes need not wait for the read
                parts.StartOnOrigin(part);
            else
                parts.StartSharedRead(part);
            at = end;
        }
    }

    /// <summary>Maps a write to a snapshot, starting at a byte of the request.</summary>
    public void MapWrite(OriginRequest request, SnapshotCore snapshot, long from = 0)
    {
        if (snapshot.State is SnapshotState.Overflow or SnapshotState.Invalid)
        {
            request.Fail(IoError.Io, from);
            return;
        }
        var (geometry, live) = (snapshot.Geometry, snapshot.Live);
        List<PendingRun>? direct = null, copied = null;
        for (var at = from; at < request.Length;)
        {
            var offset = request.Offset + at;
            var chunk = geometry.ChunkOf(offset);
            var end = Math.Min(request.Length, geometry.OffsetOf(chunk + 1) - request.Offset);
            if (snapshot.Table.Find(chunk) >= 0)
            {
                (var place, end) = snapshot.Stretch(request, at);
                parts.StartInStore(parts.Make(request, snapshot, at, end - at, DeviceOperation.Write), place);
            }
            else if (live.Runs.TryFind(chunk, out var pending))
            {
                pending.Await(parts, request, at, end);
            }
            else if (live.Room.TryAllocate(out var free) is var allocation and not StoreAllocation.Done)
            {
                if (allocation == StoreAllocation.Later)
                {
                    live.Room.Await(request, at);
                    break;
                }
                live.Endings.IsFull(bySnapshotWrite: true);
                request.Fail(IoError.Io, at);
                break;
            }
            else if (snapshot.Options.WholeChunkShortcut && offset == geometry.OffsetOf(chunk)
                && (end - at == geometry.ChunkSize || request.Offset + end == origin.Device.Length))
            {
                live.Runs.Start(chunk, free, ref direct);
            }
            else
            {
                live.Runs.Start(chunk, free, ref copied).Await(parts, request, at, end);
            }
            at = end;
        }
        foreach (var run in CollectionsMarshal.AsSpan(direct))
            WriteWhole(request, run);
        copies.Start(copied);
    }

    // The data is written directly to the store, and the origin is not read.
    private void WriteWhole(OriginRequest request, PendingRun run)
    {
        var geometry = run.Snapshot.Geometry;
        var at = run.Start - request.Offset;
        if (run.IsOver)     // a transient snapshot whose store is full becomes invalid at once, which aborts the new run
        {
            request.Fail(IoError.Io, at);
            return;
        }
        var length = Math.Min(geometry.OffsetOf(run.Old + run.Count) - request.Offset, request.Length) - at;
        var part = parts.Make(request, run.Snapshot, at, length, DeviceOperation.Write);
        part.Run = run;
        run.AwaitDirect(request, at);
        parts.Start(part, run.Snapshot.Cow, geometry.OffsetOf(run.New));
    }

    /// <summary>Maps a discard. A chunk without an exception is not in the store, so there is nothing to discard.</summary>
    private void MapDiscard(OriginRequest request, SnapshotCore snapshot)
    {
        if (snapshot.State == SnapshotState.Overflow)     // a discard is a write
        {
            request.Fail(IoError.Io, 0);
            return;
        }
        for (long at = 0; at < request.Length;)
        {
            var (place, end) = snapshot.Stretch(request, at);
            if (place >= 0)
                DiscardInStore(request, snapshot, at, end, place);
            at = end;
        }
        if (snapshot.Options.DiscardPassdownOrigin)
            parts.StartOnOrigin(parts.Make(request, null, 0, request.Length, DeviceOperation.Discard));
    }

    // Whole chunks are zeroed, so that they reliably read as the caller may expect; how part of a chunk is discarded is left to the device.
    private void DiscardInStore(OriginRequest request, SnapshotCore snapshot, long at, long end, long place)
    {
        var chunkSize = snapshot.Geometry.ChunkSize;
        var head = Math.Min(end, at + (-(request.Offset + at) & (chunkSize - 1)));
        var tail = request.Offset + end == origin.Device.Length ? end : Math.Max(head, end - ((request.Offset + end) & (chunkSize - 1)));
        if (head > at)
            Discard(at, head);
        if (tail > head)
            parts.StartInStore(parts.Make(request, snapshot, head, tail - head, DeviceOperation.Zero), place + head - at);
        if (end > tail)
            Discard(tail, end);

        void Discard(long from, long to)
        {
            if ((snapshot.Cow.Features & DeviceFeatures.Discard) != 0)
                parts.StartInStore(parts.Make(request, snapshot, from, to - from, DeviceOperation.Discard), place + from - at);
        }
    }
}
