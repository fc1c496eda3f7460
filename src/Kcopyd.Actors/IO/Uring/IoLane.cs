using System.Diagnostics;
using System.Runtime.Versioning;
using Akka.Dispatch;

namespace Kcopyd.Actors.IO.Uring;

/// <summary>
/// The transfers of one engine thread, in its ring. The thread queues transfers while it runs, submits them together, and sleeps in the kernel until one
/// completes; the continuation runs on the same thread.
/// </summary>
/// <remarks>
/// <para>Invariant: a thread does not block anywhere else while its lane has transfers, because the kernel needs the submitting thread to complete them: one
/// dead disk would stall the transfers of the others. A call that must block goes to another thread (<c>EngineThread.Block</c>); the engine's watch finds a
/// thread that blocks unannounced, and calls <see cref="Serve"/>.</para>
/// <para>Any thread may call <see cref="Wake"/>, <see cref="Serve"/> and <see cref="Recycle"/>; the other members are for the owner.</para>
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class IoLane : TransferLane
{
    /// <summary>When this many transfers are queued, they are submitted even if the thread has other work: the disk must not idle until then.</summary>
    private const int MaxQueued = 16;

    private const ulong WakeUp = ulong.MaxValue, Cancel = ulong.MaxValue - 1;

    private static readonly List<IoLane> Abandoned = [];

    private readonly Lock _lock = new();
    private readonly Ring _ring;
    private readonly FileDescriptor _wakeUps;
    private readonly Action<Exception> _report;
    private readonly TimeSpan _patience;
    private readonly Stack<int> _places = new();        // free places in the table
    private readonly Stack<RingIo> _recycled = new();
    private RingIo?[] _table = [];                      // transfers in flight: roots the memory that the kernel writes into
    private int _transfers;
    private bool _isArmed;
    private bool _isCancelled;
    private bool _isDisposed;

    private IoLane(Ring ring, FileDescriptor wakeUps, Action<Exception> report, TimeSpan patience) =>
        (_ring, _wakeUps, _report, _patience) = (ring, wakeUps, report, patience);

    /// <summary>True if transfers are queued or in flight.</summary>
    public override bool HasTransfers => Volatile.Read(ref _transfers) > 0;

    /// <summary>True if some of them are not submitted yet.</summary>
    public override bool HasQueued => HasTransfers && _ring.Queued > 0;

    /// <summary>True if <see cref="Reap"/> would find completed transfers. Reads memory only.</summary>
    public override bool HasAnswers => HasTransfers && _ring.HasAnswers;

    /// <param name="maxWorkers">Maximum number of kernel threads that serve it.</param>
    /// <param name="report">Receives the exceptions of continuations.</param>
    /// <param name="errno">Why there is no lane.</param>
    /// <param name="patience">How long <see cref="Dispose"/> waits; 5 s if null.</param>
    public static IoLane? TryCreate(int maxWorkers, Action<Exception> report, out int errno, TimeSpan? patience = null)
    {
        if (LibC.EventCounter(out errno) is not { } wakeUps)
            return null;
        if (Ring.TryCreate(maxWorkers, out errno) is { } ring)
            return new IoLane(ring, wakeUps, report, patience ?? TimeSpan.FromSeconds(5));
        wakeUps.Dispose();
        return null;
    }

    public override ValueTask<IoResult> Read(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset) => Transfer(RingAbi.OpRead, file, memory, offset);

    public override ValueTask<IoResult> Write(FileDescriptor file, ReadOnlyMemory<byte> memory, long offset) => Transfer(RingAbi.OpWrite, file, memory, offset);

    /// <summary>Submits the queued transfers to the kernel.</summary>
    public override void Submit()
    {
        lock (_lock)
            SubmitLocked();
    }

    /// <summary>Completes the transfers that the kernel has answered; their continuations run on this thread.</summary>
    public override void Reap()
    {
        if (_ring.MustEnter)
            _ring.Enter(wait: 0);
        CompleteAnswered();
    }

    /// <summary>Submits the queued transfers, and sleeps until one completes or <see cref="Wake"/> is called. May return early.</summary>
    public override void Sleep()
    {
        lock (_lock)
            Arm();
        if (_ring.Enter(wait: 1) == -LibC.EAGAIN)
            Thread.Yield();             // the kernel has no memory for a request
    }

    public override void Wake() => LibC.Count(_wakeUps);

    /// <summary>For the watch: serves the lane of an owner that hangs elsewhere.</summary>
    /// <param name="schedule">Receives completed transfers: their continuations must not run on the watch, which they could block.</param>
    public override void Serve(Action<IRunnable> schedule)
    {
        if (!HasTransfers || !_lock.TryEnter())
            return;
        try
        {
            SubmitLocked();
        }
        finally
        {
            _lock.Exit();
        }
        while (TakeAnswer(out var result) is { } io)
        {
            io.Answer = result;
            try
            {
                schedule(io);
            }
            catch (RejectedExecutionException)
            {
                io.Run();       // the pool is shut down: this delays nothing
            }
        }
    }

    /// <summary>Keeps a transfer whose result was taken, for reuse.</summary>
    public void Recycle(RingIo io)
    {
        lock (_lock)
            _recycled.Push(io);
    }

    /// <summary>
    /// Called when the owner ends. Waits for transfers in flight, cancels them if that takes too long, and waits as long again; transfers that do not complete
    /// even then keep their memory forever, because the kernel may still write into it.
    /// </summary>
    public override void Dispose()
    {
        var clock = Stopwatch.StartNew();
        for (; HasTransfers; Reap())
        {
            var left = _patience - clock.Elapsed;
            if (left > TimeSpan.Zero)
            {
                _ring.Enter(wait: 1, left);
                continue;
            }
            if (_isCancelled)
            {
                lock (Abandoned)
                    Abandoned.Add(this);
                return;
            }
            clock.Restart();
            lock (_lock)
            {
                _isCancelled = true;
                Queue(new RingRequest { Op = RingAbi.OpAsyncCancel, File = -1, OpFlags = RingAbi.CancelAll | RingAbi.CancelAny, UserData = Cancel });
            }
        }
        lock (_lock)
        {
            _isDisposed = true;
            _ring.Dispose();
        }
        _wakeUps.Dispose();
    }

    private ValueTask<IoResult> Transfer(byte op, FileDescriptor file, ReadOnlyMemory<byte> memory, long offset)
    {
        lock (_lock)
        {
            if (!_recycled.TryPop(out var io))
                io = new RingIo(this);
            try
            {
                io.Prepare(op, file, memory, offset);
            }
            catch (ObjectDisposedException)
            {
                _recycled.Push(io);
                return new(IoResult.Failure(IoError.Closed));
            }
            io.Place = TakePlace(io);
            Volatile.Write(ref _transfers, _transfers + 1);
            Queue(io.Request);
            if (_ring.Queued >= MaxQueued)
                SubmitLocked();
            return io.Task;
        }
    }

    private int TakePlace(RingIo io)
    {
        if (!_places.TryPop(out var place))
        {
            place = _table.Length;
            Array.Resize(ref _table, Math.Max(64, place * 2));
            for (var free = _table.Length - 1; free > place; free--)
                _places.Push(free);
        }
        _table[place] = io;
        return place;
    }

    private void Queue(in RingRequest request)
    {
        while (!_ring.TryQueue(request))
        {
            SubmitLocked();
            if (_ring.Queued > 0)
                Thread.Yield();         // the kernel accepts none: it is out of memory
        }
    }

    private void SubmitLocked()
    {
        while (!_isDisposed && _ring.Queued > 0)
        {
            var taken = _ring.Enter(wait: 0);
            if (taken < 0 && taken != -LibC.EINTR)
                return;                 // out of memory; the next call tries again
        }
    }

    private void Arm()
    {
        if (_isArmed)
            return;
        _isArmed = true;
        Queue(new RingRequest
        {
            Op = RingAbi.OpPollAdd, File = (int)_wakeUps.DangerousGetHandle(), Length = RingAbi.PollMulti, OpFlags = RingAbi.PollIn, UserData = WakeUp,
        });
    }

    // Not under the lock: continuations may schedule work and wake other threads.
    private void CompleteAnswered()
    {
        while (TakeAnswer(out var result) is { } io)
        {
            try
            {
                io.Complete(result);
            }
            catch (Exception exception)
            {
                _report(exception);
            }
        }
    }

    private RingIo? TakeAnswer(out int result)
    {
        lock (_lock)
        {
            result = 0;
            while (!_isDisposed && _ring.TryTake(out var answer))
            {
                if (answer.UserData == WakeUp)
                {
                    _isArmed = (answer.Flags & RingAbi.CqeMore) != 0;
                    continue;
                }
                if (answer.UserData == Cancel)
                    continue;
                var place = (int)answer.UserData;
                var io = _table[place]!;
                if (answer.Result == -LibC.EINTR && !_isCancelled)       // a transfer cancelled during a call answers this, too
                {
                    Queue(io.Request);
                    continue;
                }
                _table[place] = null;
                _places.Push(place);
                Volatile.Write(ref _transfers, _transfers - 1);
                result = answer.Result;
                return io;
            }
            return null;
        }
    }
}
