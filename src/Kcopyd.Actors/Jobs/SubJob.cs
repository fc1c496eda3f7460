using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// One piece of a job. It is the message to the reader, and from the reader to the client if the client has to go on with it
/// (the read failed, or the job is sequential). Each <see cref="DestinationIo"/> is the message to one writer and from it to the client.
/// </summary>
/// <remarks>Owned by whoever has it as a message; recycled by the client when every destination is accounted for.</remarks>
internal sealed class SubJob : LinkedMessage, IQueued<SubJob>
{
    public Job Job { get; private set; } = null!;

    public Crew Crew { get; private set; } = null!;

    public JobPhase Phase { get; private set; }

    public SubJobKind Kind { get; private set; }

    /// <summary>Bytes, from the start of the region.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes; fewer than asked for where a stream ended.</summary>
    public int Length { get; private set; }

    /// <summary>The stream that is read ended in it, or before it.</summary>
    public bool IsAtEnd { get; private set; }

    public PageLease Lease { get; private set; }

    public Memory<byte> Buffer { get; private set; }

    public DestinationIo[] Ios { get; private set; } = [];

    // The reader's, until it passes the sub-job on.
    public IoError ReadFailure;
    public long ReadFailureOffset;      // bytes on the source device
    public RangeList Unreadable;        // bytes on the source device
    public bool ReadIsLost;             // nothing may be written: the job does not ignore errors

    // The client's.
    public int Unreported;              // destinations
    public bool IsRead;                 // sequential: the pages are filled
    public bool IsWriting;              // sequential: handed to the writers
    public bool IsMetered;              // counted by the throttle
    public int Slot;                    // among those in flight
    public TimeSpan StartedAt;          // the scheduler's monotonic clock
    public IoError Loss;                // what it fails by if its crew ends without reports

    /// <summary>In the order of a sequential job.</summary>
    public SubJob? Following { get; set; }

    private volatile bool _handedOver;

    /// <summary>True once the writers may have it.</summary>
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

    /// <summary>The stream ended after so many bytes of this piece.</summary>
    public void EndAt(int length)
    {
        Length = length;
        IsAtEnd = true;
    }

    /// <summary>The reader has written, too: the one destination's report goes to the client. Not to be touched afterwards, either.</summary>
    public void Report(Akka.Actor.IActorRef client)
    {
        _handedOver = true;
        client.Tell(Ios[0], Akka.Actor.ActorRefs.NoSender);
    }

    /// <summary>Tells every writer its part. The caller must not touch the sub-job afterwards: it may be done already.</summary>
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

    /// <summary>Bytes that were written (or verified).</summary>
    public long Bytes;

    public IoError Error;

    /// <summary>Bytes on the destination device where it first failed; -1 if the error has no place.</summary>
    public long ErrorOffset;

    /// <summary>How many of <see cref="Bytes"/> were not carried there, and by what. A sub-job has one such way.</summary>
    public long OffloadBytes;
    public OffloadKinds OffloadKind;

    /// <summary>Bytes of <see cref="Bytes"/> that were as they should be.</summary>
    public long Unchanged;

    /// <summary>Where a comparison found a difference: bytes, on the source device.</summary>
    public RangeList Differences;

    /// <summary>The device said that it zeroes by itself, and then did not.</summary>
    public bool RefusedZeroes;

    /// <summary>The writer dies after this report: its device threw.</summary>
    public bool IsCrashed;

    /// <summary>The client has it back, or has given it up.</summary>
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
