using System.Runtime.InteropServices;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <content>Cuts requests into parts: which bytes are where.</content>
internal sealed partial class OriginActor
{
    private void Map(BlockRequest request)
    {
        // From its start on a merge shows on the origin, too, what the origin will be.
        var snapshot = request.Snapshot ?? _merging;
        if (_isClosing || request.Snapshot is { IsClosed: true })
            request.Fail(IoError.Closed, 0);
        else if (snapshot is { IsInvalid: true } && snapshot != _merging)
            request.Fail(IoError.Io, 0);
        else
            Map(request, snapshot);
    }

    private void Map(BlockRequest request, SnapshotCore? snapshot)
    {
        switch (request.Operation)
        {
            case DeviceOperation.Read:
                MapRead(request, snapshot);
                break;
            case DeviceOperation.Write when snapshot is null:
                WriteOrigin(Part(request, null, 0, request.Length, DeviceOperation.Write));
                break;
            case DeviceOperation.Write when snapshot == _merging:
                MapMergingWrite(request, snapshot!);
                break;
            case DeviceOperation.Write:
                MapSnapshotWrite(request, snapshot!);
                break;
            case DeviceOperation.Discard when snapshot == _merging:
                request.Fail(IoError.NotSupported, 0);
                break;
            case DeviceOperation.Discard:
                MapDiscard(request, snapshot!);
                break;
            case DeviceOperation.Flush:
                if (snapshot is not null)
                    Start(Part(request, snapshot, 0, 0, DeviceOperation.Flush), snapshot.Cow, 0);
                if (snapshot is null || snapshot == _merging)
                    Start(Part(request, snapshot, 0, 0, DeviceOperation.Flush), _core.Device, 0);
                break;
        }
    }

    private void MapRead(BlockRequest request, SnapshotCore? snapshot)
    {
        if (snapshot is null)
        {
            Start(Part(request, null, 0, request.Length, DeviceOperation.Read), _core.Device, request.Offset);
            return;
        }
        for (long at = 0; at < request.Length;)
        {
            var (place, end) = Stretch(request, snapshot, at);
            var part = Part(request, snapshot, at, end - at, DeviceOperation.Read);
            if (place >= 0)
            {
                Start(part, snapshot.Cow, place);
            }
            else
            {
                if (snapshot != _merging)       // which does not mind what is written there
                    Track(part, _originReads);
                Start(part, _core.Device, request.Offset + at);
            }
            at = end;
        }
    }

    /// <summary>How far from a place of a request on its bytes follow each other in the store, or are all on the origin.</summary>
    /// <returns>The byte in the store, or -1; and where that ends, in bytes from the request's start.</returns>
    private static (long Place, long End) Stretch(BlockRequest request, SnapshotCore snapshot, long at)
    {
        var geometry = snapshot.Geometry;
        var offset = request.Offset + at;
        var chunk = geometry.ChunkOf(offset);
        var first = snapshot.Table.Find(chunk);
        long end;
        var next = chunk + 1;
        while ((end = geometry.OffsetOf(next) - request.Offset) < request.Length && snapshot.Table.Find(next) == (first < 0 ? -1 : first + next - chunk))
            next++;
        return (first < 0 ? -1 : geometry.OffsetOf(first) + offset - geometry.OffsetOf(chunk), Math.Min(end, request.Length));
    }

    private void MapSnapshotWrite(BlockRequest request, SnapshotCore snapshot, long from = 0)
    {
        if (snapshot.HasOverflowed || snapshot.IsInvalid)
        {
            request.Fail(IoError.Io, from);
            return;
        }
        var geometry = snapshot.Geometry;
        List<PendingRun>? direct = null, copied = null;
        for (var at = from; at < request.Length;)
        {
            var offset = request.Offset + at;
            var chunk = geometry.ChunkOf(offset);
            var end = Math.Min(request.Length, geometry.OffsetOf(chunk + 1) - request.Offset);
            if (snapshot.Table.Find(chunk) >= 0)
            {
                (var place, end) = Stretch(request, snapshot, at);
                StartInStore(Part(request, snapshot, at, end - at, DeviceOperation.Write), place);
            }
            else if (snapshot.Pending.TryGetValue(chunk, out var pending))
            {
                WriteAfter(pending, request, at, end);
            }
            else if (TryAllocate(snapshot, out var free) is var allocation and not Allocation.Done)
            {
                if (allocation == Allocation.Later)
                {
                    request.Parts++;
                    snapshot.WritesAfterGrowth.Add((request, at));
                    break;
                }
                IsFull(snapshot, bySnapshotWrite: true);
                request.Fail(IoError.Io, at);
                break;
            }
            else if (snapshot.Options.WholeChunkShortcut && offset == geometry.OffsetOf(chunk) && (end - at == geometry.ChunkSize || request.Offset + end == _core.Device.Length))
            {
                StartRun(snapshot, chunk, free, ref direct);
            }
            else
            {
                WriteAfter(StartRun(snapshot, chunk, free, ref copied), request, at, end);
            }
            at = end;
        }
        foreach (var run in CollectionsMarshal.AsSpan(direct))
            WriteWhole(request, run);
        StartCopies(copied);
    }

    // When the run holds. What follows in it is one write: the run is one stretch of the store.
    private void WriteAfter(PendingRun run, BlockRequest request, long at, long end)
    {
        if (run.SnapshotWrites is [.., var last] && last.Request == request && last.RequestOffset + last.Length == at)
        {
            last.Length = end - last.RequestOffset;
            last.Memory = request.Memory.Slice((int)last.RequestOffset, (int)last.Length);
        }
        else
        {
            (run.SnapshotWrites ??= []).Add(Part(request, run.Snapshot, at, end - at, DeviceOperation.Write));
        }
    }

    // The data goes straight to the store, and the origin is not read. The write is not done before the record is there.
    private void WriteWhole(BlockRequest request, PendingRun run)
    {
        var geometry = run.Snapshot.Geometry;
        var at = geometry.OffsetOf(run.Old) - request.Offset;
        if (run.IsOver)     // a transient store that was found full is invalid at once, and has lost what was just started
        {
            request.Fail(IoError.Io, at);
            return;
        }
        var length = Math.Min(geometry.OffsetOf(run.Old + run.Count) - request.Offset, request.Length) - at;
        var part = Part(request, run.Snapshot, at, length, DeviceOperation.Write);
        part.Run = run;
        (run.Direct, run.DirectOffset) = (request, at);
        request.Parts++;
        Start(part, run.Snapshot.Cow, geometry.OffsetOf(run.New));
    }

    /// <summary>Without an exception nothing of the snapshot is in the store, so there is nothing to discard there.</summary>
    private void MapDiscard(BlockRequest request, SnapshotCore snapshot)
    {
        if (snapshot.HasOverflowed)     // a discard is a write
        {
            request.Fail(IoError.Io, 0);
            return;
        }
        var geometry = snapshot.Geometry;
        for (long at = 0; at < request.Length;)
        {
            var (place, end) = Stretch(request, snapshot, at);
            if (place >= 0)
                DiscardInStore(request, snapshot, at, end, place);
            at = end;
        }
        if (snapshot.Options.DiscardPassdownOrigin)
            Start(Part(request, null, 0, request.Length, DeviceOperation.Discard), _core.Device, request.Offset);
    }

    // Whole chunks become zeroes, so that they stay what the caller may expect of them; a part of one is left to the device.
    private void DiscardInStore(BlockRequest request, SnapshotCore snapshot, long at, long end, long place)
    {
        var chunkSize = snapshot.Geometry.ChunkSize;
        var head = Math.Min(end, at + (-(request.Offset + at) & (chunkSize - 1)));
        var tail = request.Offset + end == _core.Device.Length ? end : Math.Max(head, end - ((request.Offset + end) & (chunkSize - 1)));
        if (head > at)
            Discard(at, head);
        if (tail > head)
            StartInStore(Part(request, snapshot, head, tail - head, DeviceOperation.Zero), place + head - at);
        if (end > tail)
            Discard(tail, end);

        void Discard(long from, long to)
        {
            if ((snapshot.Cow.Features & DeviceFeatures.Discard) != 0)
                StartInStore(Part(request, snapshot, from, to - from, DeviceOperation.Discard), place + from - at);
        }
    }

    // ---- parts -----------------------------------------------------------------------------------------------------

    private SnapshotIo Part(BlockRequest request, SnapshotCore? snapshot, long at, long length, DeviceOperation operation)
    {
        if (!_free.TryPop(out var part))
            part = new SnapshotIo { Owner = this };
        part.Operation = operation;
        part.Request = request;
        part.RequestOffset = at;
        part.SourceOffset = request.Offset + at;
        part.Length = length;
        part.Memory = operation is DeviceOperation.Read or DeviceOperation.Write ? request.Memory.Slice((int)at, (int)length) : default;
        part.Snapshot = snapshot;
        request.Parts++;
        return part;
    }

    private void Start(SnapshotIo part, IBlockDevice device, long offset)
    {
        part.Device = device;
        part.Offset = offset;
        _workers.Start(part);
    }

    private void StartInStore(SnapshotIo part, long offset)
    {
        Track(part, part.Snapshot!.Writes);
        Start(part, part.Snapshot.Cow, offset);
    }

    private static void Track(SnapshotIo part, IoList list)
    {
        part.List = list;
        list.Add(part);
    }

    void IIoOwner.Ended(DeviceIo ended)
    {
        var io = (SnapshotIo)ended;
        // The end of what is beneath is not the caller's: behind a lost chunk his device goes on.
        if (io.Error != IoError.None)
        {
            var isLost = io.Error is IoError.EndOfDevice or IoError.NoSpace && io.Offset + io.Length > io.Device.Length;
            io.Request!.Fail(isLost ? IoError.Io : io.Error, io.RequestOffset + io.Bytes);
        }
        var (run, error) = (io.Run, io.Error);
        EndPart(io);
        if (run is not null)
            Copied(run, IoError.None, error);
    }

    private void FailPart(SnapshotIo io)
    {
        io.Request!.Fail(IoError.Io, io.RequestOffset);
        EndPart(io);
    }

    private void EndPart(SnapshotIo io)
    {
        io.List?.Remove(io);
        var (request, blocked) = (io.Request!, io.Blocked);
        (io.List, io.Request, io.Blocked, io.Run, io.Snapshot, io.Memory) = (null, null, null, null, null, default);
        _free.Push(io);
        foreach (var other in CollectionsMarshal.AsSpan(blocked))
            Released(other);
        EndPart(request);
    }
}
