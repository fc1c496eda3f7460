using System.Collections.Concurrent;
using Akka.Dispatch;

namespace Kcopyd.Actors.Threads;

/// <content>Calls of devices that may block. Invariant: at most <c>max-threads</c> − <c>threads</c> of them run at once, so that actors always have
/// <c>threads</c> threads, however many clients use a disk that hangs. Further calls wait in a queue, in order, without holding a thread; so do calls that a
/// thread with transfers leaves to a thread without.
/// </content>
/// <remarks>
/// A call that returns passes its place to the first call in the queue, and a new call does not overtake the queue. No wake-up is lost: a caller first enqueues
/// its call and then looks for a place; a thread first releases its place and then looks at the queue.
/// </remarks>
internal sealed partial class EngineThreads
{
    private readonly ConcurrentQueue<IRunnable> _waitingCalls = new();
    private readonly int _maxCalls;
    private int _calls;

    private bool IsCallDue => !_waitingCalls.IsEmpty && Volatile.Read(ref _calls) < _maxCalls;

    /// <summary>Takes a place for a call that is about to be made.</summary>
    /// <returns>False if there is none, or other calls wait for one.</returns>
    public bool TryCountCall() => _waitingCalls.IsEmpty && TryTakePlace();

    /// <summary>Releases a place that no queued call took over.</summary>
    public void UncountCall()
    {
        Interlocked.Decrement(ref _calls);
        if (!_waitingCalls.IsEmpty)
            WakeForCall();
    }

    /// <summary>Makes a call on a thread without transfers, when there is a place for it.</summary>
    public Task<T> CallElsewhere<T>(Func<T> call)
    {
        var blocking = new BlockingCall<T>(call);
        Add(blocking);
        return blocking.Result;
    }

    /// <summary>Queues a call, which runs when its turn comes.</summary>
    public void Add(IRunnable call)
    {
        _waitingCalls.Enqueue(call);
        WakeForCall();
    }

    /// <summary>Takes the first call of the queue, and a place for it.</summary>
    /// <param name="isCounted">True if the caller holds a place.</param>
    public IRunnable? TakeCall(ref bool isCounted)
    {
        if (_waitingCalls.IsEmpty)
            return null;
        isCounted = isCounted || TryTakePlace();
        return isCounted && _waitingCalls.TryDequeue(out var call) ? call : null;
    }

    // Never above the maximum, not even briefly: a thread that releases its place at that time would see none free, and wake no thread.
    private bool TryTakePlace()
    {
        var calls = Volatile.Read(ref _calls);
        while (calls < _maxCalls)
        {
            var seen = Interlocked.CompareExchange(ref _calls, calls + 1, calls);
            if (seen == calls)
                return true;
            calls = seen;
        }
        return false;
    }

    private void WakeForCall()
    {
        lock (_lock)
        {
            if (!IsCallDue)
                return;
            // If no more threads are allowed, the next thread without transfers and other work takes the call.
            if (_parked.FindLast(static thread => !thread.HasTransfers) is { } idle)
                Unpark(idle);
            else if (_threads.Length < _max)
                AddThread();
        }
        WakeWatch();
    }
}
