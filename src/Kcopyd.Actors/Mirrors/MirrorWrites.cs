using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The write path. Used by the mirror's actor only.</summary>
/// <remarks><code>
///  Begin ──▶ Admit ── a region is being copied ──▶ waits for the copy ──▶ Admit
///              │ ── some of its bytes are being written ──▶ waits for that write ──▶ Admit
///              │ ── a region is not marked ──▶ waits for the log ──▶ Admit
///              └──▶ all legs at once (StartLegs) ──▶ all have answered (Finish) ── a leg has failed ──▶ waits for the log ──▶ answered
///                                                                      └── none has ──▶ answered
/// </code>
/// Invariants: a write is acknowledged when every leg in use has it and the log has on stable storage which legs have failed. A leg that is not in use, after a
/// crash, too, is therefore one that the log calls stale. And no two writes of the same bytes are in flight: two legs could carry them out in different
/// orders, and stay different.
/// <para>Regions that are not in sync are written on all legs, too (the kernel writes them on the default leg only): so the loss of a leg loses nothing that
/// was acknowledged.</para>
/// </remarks>
internal sealed class MirrorWrites(
    MirrorLegs legs, MirrorRegions regions, MirrorHolds holds, LogQueue log, LegIos ios, MirrorNews news, MirrorAnswers answers) : IIoOwner
{
    private readonly Stack<MirrorWrite> _free = new();

    /// <summary>The writes that the legs have not answered.</summary>
    public RangeLocks<MirrorWrite> InFlight { get; } = new();

    public void Begin(MirrorRequest request)
    {
        var write = Take(request.Operation);
        (write.Request, write.Start, write.End, write.Memory) = (request, request.Offset, request.Offset + request.Length, request.Memory);
        Admit(write);
    }

    /// <summary>Flushes all legs for the mirror itself.</summary>
    public void Flush(Action<IoError> ended)
    {
        var write = Take(DeviceOperation.Flush);
        write.Ended = ended;
        Admit(write);
    }

    /// <summary>Starts a write, or lets it wait.</summary>
    public void Admit(MirrorWrite write)
    {
        if (write.Operation == DeviceOperation.Flush)
        {
            StartLegs(write);
            return;
        }
        if (holds.HolderOf(write.Start, write.End) is { } hold)
        {
            hold.Waiting.Add(write);
            return;
        }
        if (InFlight.HolderOf(write.Start, write.End) is { } other)
        {
            other.Waiting.Add(write);
            return;
        }
        if (!regions.TryDirty(write.Start, write.End))
        {
            log.Writes.Add(write);
            return;
        }
        InFlight.Add(write);
        regions.Want(write.Start, write.End);
        StartLegs(write);
    }

    /// <summary>Handles the end of a record of the log, which some writes waited for.</summary>
    /// <param name="write">A write that waited.</param>
    /// <param name="error">The error of a record that would have sufficed.</param>
    public void Recorded(MirrorWrite write, IoError error)
    {
        if (error != IoError.None)
        {
            write.Bytes = 0;
            End(write, error);
        }
        else if (write.Stage == MirrorWriteStage.Marking)
        {
            Admit(write);
        }
        else
        {
            EndIfRecorded(write);
        }
    }

    void IIoOwner.Ended(DeviceIo ended)
    {
        var io = (LegIo)ended;
        var (write, leg, bytes, error) = (io.Write!, io.Leg, io.Bytes, io.Error);
        ios.Return(io);
        // It may not do anything: nothing is lost.
        if (error == IoError.NotSupported && write.Operation == DeviceOperation.Discard)
            error = IoError.None;
        if (error == IoError.None)
            write.Done |= 1u << leg;
        else
            (write.Failed, write.Error, write.Bytes) = (write.Failed | (1u << leg), error, Math.Min(write.Bytes, bytes));
        if (--write.Pending == 0)
            Finish(write);
    }

    private MirrorWrite Take(DeviceOperation operation)
    {
        if (!_free.TryPop(out var write))
            write = new MirrorWrite();
        (write.Stage, write.Operation) = (MirrorWriteStage.Marking, operation);
        return write;
    }

    private void StartLegs(MirrorWrite write)
    {
        write.Stage = MirrorWriteStage.Writing;
        write.Bytes = write.End - write.Start;
        write.Pending = 1;      // until all are started
        for (var i = 0; i < legs.Count; i++)
        {
            if (!legs[i].IsWritten)
                continue;
            var io = ios.Take(this, i);
            (io.Write, io.Operation, io.Offset, io.Length, io.Memory) = (write, write.Operation, write.Start, write.Bytes, write.Memory);
            write.Pending++;
            ios.Start(io);
        }
        if (--write.Pending == 0)
            Finish(write);
    }

    private void Finish(MirrorWrite write)
    {
        if (write.Operation != DeviceOperation.Flush)
        {
            InFlight.Remove(write);
            holds.Release(ref write.Waiting);
            regions.Touch(write.Start, write.End);
        }
        // Legs that have failed since they answered do not count.
        if (write.Failed != 0 && !legs.HaveOneInSync(write.Done))
        {
            FailOnAllLegs(write);
            return;
        }
        for (var i = 0; write.Failed != 0 && i < legs.Count; i++)
        {
            if ((write.Failed & (1u << i)) != 0 && legs.TryFail(i, HealthAfter(write)))
                news.LegFailed(legs, i, write.Error);
        }
        write.Bytes = write.End - write.Start;
        EndIfRecorded(write);
    }

    // No leg is dropped, since none is better than the others; they may differ.
    private void FailOnAllLegs(MirrorWrite write)
    {
        for (var i = 0; i < legs.Count; i++)
        {
            if ((write.Failed & (1u << i)) != 0)
                legs[i].Had(HealthAfter(write));
        }
        if (write.Operation == DeviceOperation.Flush)
            regions.DifferWhereMarked();
        else
            regions.Differ(write.Start, write.End);
        End(write, write.Error);
    }

    private static MirrorLegHealth HealthAfter(MirrorWrite write) =>
        write.Operation == DeviceOperation.Flush ? MirrorLegHealth.Flush : MirrorLegHealth.Write;

    private void EndIfRecorded(MirrorWrite write)
    {
        write.Stage = MirrorWriteStage.Recording;
        if (legs.AreUnrecorded)
            log.Writes.Add(write);
        else
            End(write, IoError.None);
    }

    private void End(MirrorWrite write, IoError error)
    {
        var (request, ended) = (write.Request, write.Ended);
        if (error != IoError.None)
            request?.Fail(error, write.Bytes);
        (write.Request, write.Ended, write.Memory, write.Failed, write.Done, write.Error) = (null, null, default, 0, 0, IoError.None);
        (write.Start, write.End) = (0, 0);
        _free.Push(write);
        if (request is not null)
            answers.End(request);
        ended?.Invoke(error);
    }
}
