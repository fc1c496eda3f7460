using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <content>Requests, and the checks of their answers.</content>
internal sealed partial class World
{
    public Request Submit(View view, DeviceOperation operation, int sector = 0, int sectors = 0)
    {
        var (writer, issued) = (++_writer, Log.Tick());
        var writes = operation is DeviceOperation.Write or DeviceOperation.Discard;
        var request = new Request(writer, view, operation, sector, sectors, issued)
        {
            Writes = writes ? [.. Enumerable.Range(0, sectors).Select(_ => new SectorWrite(operation == DeviceOperation.Write ? writer : 0, issued))] : [],
        };
        for (var i = 0; i < request.Writes.Length; i++)
            view.History!.Add(sector + i, request.Writes[i]);
        if (operation == DeviceOperation.Write)
            Sector.Fill(request.Bytes, writer, sector);
        if (writes)
            Touch(request);
        _open.Add(request);
        if (Random.Next(2) == 0 && TryLend(request))
            return request;
#pragma warning disable CA2012 // consumed once, when it is complete
        var taken = _core.Take();
        taken.Snapshot = view.Core;
        var task = _core.Submit(taken, operation, (long)sector * Sector.Size, (long)sectors * Sector.Size,
            operation is DeviceOperation.Read or DeviceOperation.Write ? request.Bytes : default);
        var awaiter = task.ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (awaiter.IsCompleted)
            Complain($"answered on its caller's stack: {request}");
        awaiter.UnsafeOnCompleted(() =>
        {
            request.Result = awaiter.GetResult();
            Answered(request);
        });
        return request;
    }

    private bool TryLend(Request request)
    {
        if (request.Operation is not (DeviceOperation.Read or DeviceOperation.Write or DeviceOperation.Flush))
            return false;
        var io = new LentIo
        {
            Request = request,
            Operation = request.Operation,
            Offset = (long)request.Sector * Sector.Size,
            Length = request.Bytes.Length,
            Memory = request.Bytes,
        };
        return new TargetCalls<OriginRequest>(Origin.Disk, _core, taken => taken.Snapshot = request.View.Core).TryTake(io, _otherActor);
    }

    private void GivenBack(DeviceIo first)
    {
        for (DeviceIo? io = first; io is not null; io = io.Following)
        {
            var request = ((LentIo)io).Request;
            request.Result = io.Answer;
            Answered(request);
        }
    }

    /// <summary>A request that is an I/O of another actor.</summary>
    private sealed class LentIo : DeviceIo
    {
        public required Request Request { get; init; }
    }

    // Records the chunks that may be, or become, exceptions.
    private void Touch(Request request)
    {
        foreach (var view in request.View.Core is null ? Snapshots : [request.View])
        {
            if (view.Core is null || view.IsClosed)
                continue;
            var chunk = view.Core.Geometry.ChunkSize / Sector.Size;
            for (var i = request.Sector / chunk; i <= (request.Sector + request.Sectors - 1) / chunk; i++)
            {
                var isWhole = request.Sector <= i * chunk && Math.Min((i + 1) * chunk, Sectors) <= request.Sector + request.Sectors;
                if (request.Operation == DeviceOperation.Write && view.Touched.Add(i) && isWhole && view == request.View
                    && view.Core.Options.WholeChunkShortcut && view.Core.Options.Store != StoreKind.Transient)
                {
                    request.Direct.Add(i);
                }
            }
        }
    }

    private void Answered(Request request)
    {
        var now = Log.Tick();
        var view = request.View;
        if (++request.Answers > 1)
            Complain($"answered {request.Answers} times: {request}");
        _open.Remove(request);
        Story.Add($"{now}: {request}");
        var isGood = request.Result.IsSuccess && request.Result.Bytes == (long)request.Sectors * Sector.Size;
        if (!isGood)
            Failed(request);
        for (var i = 0; i < request.Writes.Length; i++)
        {
            var write = request.Writes[i];
            write.Ended = now;
            write.IsCertain = isGood && !request.IsUncertain && request.Operation == DeviceOperation.Write;
            if (write.IsCertain && !HasMerged && view.Core is { } core
                && request.Direct.Contains((request.Sector + i) / (core.Geometry.ChunkSize / Sector.Size)))
            {
                write.Durable = now;
            }
        }
        if (isGood && request.Operation == DeviceOperation.Flush)
            view.History!.Flushed(request.Issued, now);
        if (request.Operation == DeviceOperation.Read && !view.IsClosed && !request.IsUncertain)
            Look(request, (int)(request.Result.Bytes / Sector.Size));
        if (isGood && request.Operation == DeviceOperation.Write && !request.IsUncertain)
            Hold(request);
    }

    private void Hold(Request request)
    {
        if (request.View.Core is not { } core || request.View.MergedSince != int.MaxValue)
            return;
        var chunk = core.Geometry.ChunkSize / Sector.Size;
        for (var i = request.Sector / chunk; i <= (request.Sector + request.Sectors - 1) / chunk; i++)
        {
            request.View.Held.Add(i);
            if (!core.IsInvalid && core.Table.Find(i) < 0)
                Complain($"chunk {i} of {request.View.Name} has no exception after {request}");
        }
    }

    private void Look(Request request, int sectors)
    {
        for (var i = 0; i < sectors; i++)
        {
            var at = request.Sector + i;
            var writer = Sector.WriterOf(request.Bytes.AsSpan(i * Sector.Size, Sector.Size), at);
            if (!request.View.History!.Shows(at, writer, request.Issued))
                Complain($"sector {at} shows {writer}, not one of {request.View.History!.Tell(at)}: {request}");
        }
    }

    private void Failed(Request request)
    {
        var view = request.View;
        if (request.Result.IsSuccess)
            Complain($"short: {request}");
        if (view.IsClosing && request.Result.Error == IoError.Closed)
            return;
        if (view.Core is { } core && request.Result.Error == IoError.Io
            && (core.IsInvalid || ((core.State == SnapshotState.Overflow || view.Overflowed >= request.Issued)
                && request.Operation is DeviceOperation.Write or DeviceOperation.Discard)))
        {
            return;
        }
        if (request is { Operation: DeviceOperation.Discard, Result.Error: IoError.NotSupported } && view.Core is { IsMerging: true })
            return;     // it waited, and a merge, which does not support discards, began before it
        Errors.Add(request);
        if (!HasFaults)
            Complain($"failed without a reason: {request}");
    }
}
