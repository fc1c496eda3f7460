using System.Diagnostics;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// One copy or zero job, from submission to notification; the object is also the message that submits the job. Recycled by its client.
/// </summary>
/// <remarks>
/// A job is notified exactly once, see <see cref="AnsweredMessage"/>. The submitting thread owns the object until it sends the message; after that the client
/// actor does, whose state is below the line.
/// </remarks>
internal sealed class Job(IJobOwner owner) : AnsweredMessage, IMember<Job>
{
    /// <summary>Null: the destinations are zeroed.</summary>
    public IBlockDevice? Source { get; private set; }

    /// <summary>Byte offset of the region on the source.</summary>
    public long SourceOffset { get; private set; }

    /// <summary>Bytes to write to each destination.</summary>
    public long Length { get; set; }

    public CopyFlags Flags { get; private set; }

    public Notification Notification { get; private set; }

    public int DestinationCount { get; private set; }

    public Destination[] Destinations { get; private set; } = new Destination[1];

    public bool IgnoresErrors => (Flags & (CopyFlags.IgnoreError | CopyFlags.Sequential)) == CopyFlags.IgnoreError;

    public bool IsSequential => (Flags & CopyFlags.Sequential) != 0;

    /// <summary>The source is a stream, which is read in order and only once.</summary>
    public bool ReadsStream { get; private set; }

    /// <summary>The length is known only at the end of the stream; until then <see cref="Length"/> is more than any device has.</summary>
    public bool IsOpenEnded { get; private set; }

    /// <summary>Every destination is written in order.</summary>
    public bool IsOrdered { get; private set; }

    public bool Verifies => (Flags & (CopyFlags.Verify | CopyFlags.VerifyHash)) != 0;

    public bool ComparesOnly => (Flags & CopyFlags.CompareOnly) != 0;

    public bool Hashes => (Flags & CopyFlags.VerifyHash) != 0;

    public bool Flushes => !ComparesOnly && (Flags & (CopyFlags.Flush | CopyFlags.Verify | CopyFlags.VerifyHash)) != 0;

    // ---- client actor state --------------------------------------------------------------------------------------

    public JobPhase Phase;
    public long NextOffset;         // where the next sub-job of this phase begins, from the start of the region
    public int InFlight;            // sub-jobs
    public bool IsStarted;
    public bool IsStopping;         // no further sub-jobs
    public bool IsCancelled;
    public bool IsPaused;
    public bool IsTimed;            // a timer for it may be running
    public bool ReadError;
    public ulong WriteErrors;
    public long BytesRead;
    public IoFault? ReadFault;
    public RangeList Unreadable;
    public LinkedQueue<SubJob> Unwritten; // of an ordered job, in order of offset
    public RegionHashes? RegionHashes;
    public JobOffload Offload;
    public TimeSpan? SubmittedAt;   // by the scheduler's clock; null if durations are not measured
    public Activity? Activity;
    public RunnableQueue? Queue;    // the queue that contains it

    Job? IMember<Job>.Before { get; set; }

    Job? IMember<Job>.After { get; set; }

    public DiskShare? SourceShare;  // null without a source
    public IoError StopReason;      // of a cancelled job

    public void Prepare(long id, in JobSpec spec)
    {
        var source = spec.Source;
        var destinations = spec.Destinations;
        Source = source;
        SourceOffset = spec.SourceOffset;
        Length = spec.Length;
        Flags = spec.Flags;
        Notification = spec.Notification;
        DestinationCount = destinations.Length;
        if (Destinations.Length < destinations.Length)
            Destinations = new Destination[destinations.Length];
        for (var i = 0; i < destinations.Length; i++)
            Destinations[i] = new Destination { Device = destinations[i].Device, Offset = destinations[i].Offset };
        ReadsStream = source is not null && source.IsStream();
        IsOpenEnded = ReadsStream && destinations.Length > 0 && destinations[0].Count == IoRegion.CountToEnd;
        IsOrdered = IsSequential || ReadsStream;
        foreach (var destination in destinations)
            IsOrdered |= destination.Device.IsStream();
        Phase = JobPhase.Copy;
        NextOffset = 0;
        InFlight = 0;
        StopReason = IoError.Cancelled;
        IsStarted = IsStopping = IsCancelled = IsPaused = IsTimed = ReadError = false;
        WriteErrors = 0;
        BytesRead = 0;
        ReadFault = null;
        Unreadable = default;
        Unwritten = default;
        RegionHashes = null;
        Offload = new JobOffload { Extents = Offload.Extents };
        SubmittedAt = null;
        Activity = null;
        Begin(id);
    }

    /// <summary>Releases the caller's objects before this one is recycled.</summary>
    public void Release()
    {
        Source = null;
        Notification = default;
        Array.Clear(Destinations, 0, DestinationCount);
        ReadFault = null;
        Unreadable = default;
        RegionHashes?.Dispose();
        RegionHashes = null;
        Activity = null;
    }

    protected override void AnswerClosed(long id) => owner.NotifyStopped(this, id);

    /// <summary>One destination and its progress.</summary>
    public struct Destination
    {
        public IBlockDevice Device;
        public long Offset;     // bytes
        public long Written;    // bytes
        public IoFault? Fault;
        public long Unchanged;  // bytes
        public RangeList Differences;
        public OffloadKinds CloneKinds;     // still to be tried; none once the device has refused
        public DiskShare? Share;            // null if the source or an earlier destination has the same one
        public long ClonedTo;               // bytes from the start of the region; cloned from JobOffload.CloneStart up to here
    }
}

/// <summary>What a job's sub-jobs do. A job enters the next phase when none of them is in flight.</summary>
internal enum JobPhase
{
    Clone,
    Copy,
    Flush,
    Verify,
    Done,
}
