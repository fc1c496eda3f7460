using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// One piece of a job. It is the message to the reader, and from the reader to the client if the client must continue (the read failed, or the job is ordered).
/// Each <see cref="DestinationIo"/> is the message to one writer, and from the writer to the client.
/// </summary>
/// <remarks>Owned by the holder of the message; recycled by the client when every destination is accounted for.</remarks>
internal sealed class SubJob : LinkedMessage, IQueued<SubJob>
{
    public Job Job { get; private set; } = null!;

    public Crew Crew { get; private set; } = null!;

    public JobPhase Phase { get; private set; }

    public SubJobKind Kind { get; private set; }

    /// <summary>Bytes, from the start of the region.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes; fewer than requested where a stream ended.</summary>
    public int Length { get; private set; }

    /// <summary>The source stream ended in this piece or before it.</summary>
    public bool IsAtEnd { get; private set; }

    public PageLease Lease { get; private set; }

    public Memory<byte> Buffer { get; private set; }

    public DestinationIo[] Ios { get; private set; } = [];

    // Used by the reader until it passes the sub-job on.
    public IoError ReadFailure;
    public long ReadFailureOffset;      // bytes on the source device
    public RangeList Unreadable;        // bytes on the source device
    public bool ReadIsLost;             // nothing may be written: the job does not ignore errors

    // Used by the client.
    public int Unreported;              // destinations
    public bool IsRead;                 // ordered: the pages are filled
    public bool IsWriting;              // ordered: handed to the writers
    public bool IsMetered;              // counted by the throttle
    public int Slot;                    // index among those in flight
    public TimeSpan StartedAt;          // the scheduler's monotonic clock
    public IoError Loss;                // the error if its crew terminates without reports

    /// <summary>The next sub-job of an ordered job.</summary>
    public SubJob? Following { get; set; }

    private volatile bool _handedOver;

    /// <summary>True once the writers may own it.</summary>
    public bool IsHandedOver => _handedOver;

    public void Prepare(Job job, Crew crew, JobPhase phase, SubJobKind kind, long offset, int length, PageLease lease)
    {
        Job = job;
        Crew = crew;
        Phase = phase;
        Kind = kind;
        Offset = offset;
        Length = length;
        Lease = lease;
        Buffer = lease.Memory(length);
        if (Ios.Length < job.DestinationCount)
        {
            var ios = new DestinationIo[job.DestinationCount];
            for (var i = 0; i < ios.Length; i++)
                ios[i] = i < Ios.Length ? Ios[i] : new DestinationIo(this, i);
            Ios = ios;
        }
        for (var i = 0; i < job.DestinationCount; i++)
            Ios[i].Reset();
        ReadFailure = IoError.None;
        Loss = IoError.WorkerCrashed;
        ReadIsLost = false;
        Unreadable = default;
        Unreported = job.DestinationCount;
        IsRead = IsWriting = IsMetered = false;
        Following = null;
        _handedOver = IsAtEnd = false;
    }

    /// <summary>The stream ended after <paramref name="length"/> bytes of this piece.</summary>
    public void EndAt(int length)
    {
        Length = length;
        IsAtEnd = true;
    }

    /// <summary>Sends the report of the single destination, which the reader has written. The caller must not use the sub-job afterwards.</summary>
    public void Report(Akka.Actor.IActorRef client)
    {
        _handedOver = true;
        client.Tell(Ios[0], Akka.Actor.ActorRefs.NoSender);
    }

    /// <summary>Sends every writer its part. The caller must not use the sub-job afterwards: it may already be done.</summary>
    public void HandOver()
    {
        _handedOver = true;
        var writers = Crew.Writers;
        for (int i = 0, count = Job.DestinationCount; i < count; i++)
            writers[i].Tell(Ios[i], Akka.Actor.ActorRefs.NoSender);
    }

    public void Release()
    {
        Job = null!;
        Crew = null!;
        Lease = default;
        Buffer = default;
        Unreadable = default;
    }
}

/// <summary>One destination's part of a sub-job: the message to its writer, and its report to the client.</summary>
internal sealed class DestinationIo(SubJob subJob, int index) : LinkedMessage
{
    public SubJob SubJob { get; } = subJob;

    public int Index { get; } = index;

    /// <summary>Bytes written or, in a comparison, verified.</summary>
    public long Bytes;

    public IoError Error;

    /// <summary>Byte offset of the first error on the destination device; -1 if the error has no location.</summary>
    public long ErrorOffset;

    /// <summary>The part of <see cref="Bytes"/> that the device moved or zeroed, and by which kind; a sub-job uses only one.</summary>
    public long OffloadBytes;
    public OffloadKinds OffloadKind;

    /// <summary>The part of <see cref="Bytes"/> that already matched.</summary>
    public long Unchanged;

    /// <summary>Differences that a comparison found, in bytes on the source device.</summary>
    public RangeList Differences;

    /// <summary>The device claims to support zeroing, but refused it.</summary>
    public bool RefusedZeroes;

    /// <summary>The writer dies after this report: its device threw.</summary>
    public bool IsCrashed;

    /// <summary>The client has received it, or has abandoned it.</summary>
    public bool IsReported;

    public void Offloaded(OffloadKinds kind, long bytes)
    {
        Bytes += bytes;
        OffloadBytes += bytes;
        OffloadKind = kind;
    }

    public void Fail(IoError error, long offset)
    {
        if (Error != IoError.None)
            return;
        Error = error;
        ErrorOffset = offset;
    }

    public void Reset()
    {
        Bytes = 0;
        Error = IoError.None;
        ErrorOffset = -1;
        OffloadBytes = Unchanged = 0;
        Differences = default;
        OffloadKind = OffloadKinds.None;
        RefusedZeroes = IsCrashed = IsReported = false;
    }
}
