using System.Collections.Concurrent;
using Akka;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <summary>
/// State shared by the handle (any thread) and the client actor: the gate, the id counter, the recycled jobs and the outstanding tokens. Holds no per-job
/// state.
/// </summary>
/// <remarks>
/// Invariant: everything that the gate admits is notified exactly once, even if the actor stops. The actor settles the work that it holds, its mailbox
/// settles what is queued (<see cref="LinkedMessage.Undelivered"/>), and the submitting thread checks, after sending, whether the actor is gone. The first to
/// settle wins, and nothing is missed.
/// </remarks>
/// <param name="name">The client's name.</param>
/// <param name="settings">Its settings.</param>
/// <param name="throttle">Its throughput limits.</param>
/// <param name="log">Receives the exceptions of callbacks.</param>
/// <param name="clock">Measures durations.</param>
/// <param name="elsewhere">Runs callbacks after the actor is gone.</param>
/// <param name="after">The core that this one replaces, whose actor died: ids continue from there, so no id refers to two jobs.</param>
internal sealed class ClientCore(
    string name, KcopydSettings settings, KcopydThrottle throttle, ILoggingAdapter log, ITimeProvider clock, Elsewhere elsewhere,
    ClientCore? after = null)
    : IJobOwner, INoSerializationVerificationNeeded
{
    private readonly ConcurrentQueue<Job> _freeJobs = new();
    private readonly ConcurrentDictionary<long, CallbackToken> _callbacks = new();
    private readonly Lock _afterStop = new();
    private long _lastId = after?.LastId ?? 0;

    /// <summary>Written by the actor, read by gauges.</summary>
    public long PageBytesInUse;

    /// <summary>Age of the oldest sub-job in flight when last sampled, in ticks of 100 ns; 0 if there was none. Written by the actor every few seconds, read
    /// by gauges.</summary>
    public long OldestIoTicks;

    public string Name { get; } = name;

    /// <summary>True for a client that the system shares and that only the system destroys.</summary>
    public bool IsShared { get; init; }

    private long LastId => Volatile.Read(ref _lastId);

    public KcopydSettings Settings { get; } = settings;

    public KcopydThrottle Throttle { get; } = throttle;

    public ClientGate Gate { get; } = new(settings.MaxJobs, settings.MaxPreparedCallbacks);

    public ClientInstruments Instruments { get; } = new(name, log, clock);

    public Completion<Done> Destroyed { get; } = new(elsewhere.Completions);

    /// <summary>Where the tasks complete that callers await.</summary>
    public Completions Completions => elsewhere.Completions;

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    public ICollection<CallbackToken> Callbacks => _callbacks.Values;

    /// <summary>Admits a job and sends it to the client.</summary>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding jobs is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public long Submit(in JobSpec spec)
    {
        var job = Admit(spec, out var id);
        Actor.Tell(job, ActorRefs.NoSender);
        if (Gate.IsGone)
            CloseElsewhere(job, id);
        return id;
    }

    /// <summary>Admits a job, which the caller then passes to the client.</summary>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding jobs is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public Job Admit(in JobSpec spec, out long id)
    {
        Require(Gate.AdmitJob(), "jobs are waiting or running", Settings.MaxJobs, "max-jobs");
        if (!_freeJobs.TryDequeue(out var job))
            job = new Job(this);
        id = Interlocked.Increment(ref _lastId);
        job.Prepare(id, spec);
        Instruments.JobSubmitted(job);
        return job;
    }

    public void Recycle(Job job)
    {
        job.Release();
        _freeJobs.Enqueue(job);     // at most max-jobs of them exist
    }

    /// <summary>Releases all but a few of the recycled jobs.</summary>
    public void Trim()
    {
        while (_freeJobs.Count > 64 && _freeJobs.TryDequeue(out _)) { }
    }

    public CallbackToken Prepare(Notification notification)
    {
        Require(Gate.AdmitCallback(), "prepared callbacks are outstanding", Settings.MaxPreparedCallbacks, "max-prepared-callbacks");
        var callback = new CallbackToken(this, Interlocked.Increment(ref _lastId), notification);
        _callbacks[callback.Id] = callback;
        if (Gate.IsGone)
            RunElsewhere(callback.Stop);
        return callback;
    }

    public void Forget(CallbackToken callback)
    {
        if (_callbacks.TryRemove(callback.Id, out _))
            Gate.ReleaseCallback();
    }

    /// <summary>Notifies a target. If the target throws, the exception is logged and the client continues.</summary>
    public void Deliver(Notification notification, bool readError, ulong writeErrors, CopyResult? result, string what, long id)
    {
        try
        {
            var started = Instruments.CallbackStarted();
            notification.Deliver(readError, writeErrors, result);
            Instruments.CallbackEnded(started);
        }
        catch (Exception exception)
        {
            Instruments.CallbackThrew();
            log.Error(exception, "Client '{0}': the callback of {1} {2} threw. It counts as notified.", Name, what, id);
        }
    }

    // ---- After the actor is gone: remaining work is notified one at a time, under a lock instead of by the actor ----

    public void NotifyStopped(Job job, long id)
    {
        Instruments.JobStopped(job);
        var all = job.DestinationCount == 64 ? ulong.MaxValue : (1UL << job.DestinationCount) - 1;
        var result = job.Notification.WantsResult ? StoppedResult(job, all) : null;
        AfterStop(() =>
        {
            Deliver(job.Notification, job.Source is not null, all, result, "job", id);
            Gate.ReleaseJob();
        });
    }

    private void CloseElsewhere(Job job, long id) => RunElsewhere(() => job.Close(id));

    public void AfterStop(Action notify)
    {
        lock (_afterStop)
        {
            notify();
            if (Gate.IsIdle)
                Destroyed.SetResult(Done.Instance);   // not earlier: work may still be in the dead mailbox, or on its way there
        }
    }

    /// <summary>For a thread that finds the actor gone: a callback never runs on the stack of its caller, which may hold locks.</summary>
    public void RunElsewhere(Action notify) => elsewhere.Run(new ActionRunnable(notify));

    private static CopyResult StoppedResult(Job job, ulong writeErrors)
    {
        var destinations = JobReport.Destinations(job, hashes: false);
        for (var i = 0; i < destinations.Length; i++)
        {
            destinations[i] = destinations[i] with
            {
                Fault = destinations[i].Fault ?? IoFaults.OfDestination(job.Destinations[i].Device, IoError.ClientStopped, -1, JobPhase.Copy),
            };
        }
        return JobReport.Result(job, hashes: false) with
        {
            IsCancelled = false,
            ReadError = job.Source is not null,
            ReadFault = job.Source is null
                ? null
                : job.ReadFault ?? IoFaults.OfSource(job.Source, IoError.ClientStopped, job.SourceOffset >> IoRegion.SectorShift),
            WriteErrors = writeErrors,
            Destinations = destinations,
        };
    }

    private void Require(Admission admission, string what, int limit, string setting)
    {
        if (admission == Admission.Full)
        {
            Instruments.WasRefused();
            throw new KcopydQueueFullException(
                $"Client '{Name}': {limit} {what}, which is the limit. Wait for notifications, or raise kcopyd.client.{setting}.");
        }
        if (admission == Admission.Closed)
            throw new KcopydClientClosedException($"Client '{Name}' is destroyed or being destroyed; it accepts no new work.");
    }
}
