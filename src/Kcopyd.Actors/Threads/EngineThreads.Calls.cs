using System.Collections.Concurrent;
using Akka.Dispatch;

namespace Kcopyd.Actors.Threads;

/// <content> Calls of devices that may block. Invariant: at most <c>max-threads</c> − <c>threads</c> of them are made at once, so that actors always have
/// <c>threads</c> threads, however many clients use a disk that hangs. What exceeds that waits in a queue, in order, and holds no thread; so do calls that a
/// thread with transfers leaves to one without.
/// </content>
/// <remarks>
/// A call that has returned leaves its place to the first of the queue, and what is new does not overtake the queue. No wake-up is lost: a caller that
/// enqueues a call does so first and then looks for a place; a thread that gives up a place does so first and then looks at the queue.
/// </remarks>
internal sealed partial class EngineThreads
{
    private readonly ConcurrentQueue<IRunnable> _waitingCalls = new();
    private readonly int _mostCalls;
    private int _calls;

    private bool IsCallDue => !_waitingCalls.IsEmpty && Volatile.Read(ref _calls) < _mostCalls;

    /// <summary>Takes a place for a call that is about to be made.</summary>
    /// <returns>False if there is none, or others wait for it.</returns>
    public bool TryCountCall() => _waitingCalls.IsEmpty && TryTakePlace();

    /// <summary>A place is free again that no call of the queue took over.</summary>
    public void UncountCall()
    {
        Interlocked.Decrement(ref _calls);
        if (!_waitingCalls.IsEmpty)
            WakeForCall();
    }

    /// <summary>Makes a call on a thread that has no transfers, when there is a place for it.</summary>
    public Task<T> CallElsewhere<T>(Func<T> call)
    {
        var blocking = new BlockingCall<T>(call);
        Add(blocking);
        return blocking.Result;
    }

    /// <summary>Has a call made when its turn comes.</summary>
    public void Add(IRunnable call)
    {
        _waitingCalls.Enqueue(call);
        WakeForCall();
    }

    /// <summary>Takes the first call of the queue, and a place for it.</summary>
    /// <param name="isCounted">True if the caller has a place.</param>
    public IRunnable? TakeCall(ref bool isCounted)
    {
        if (_waitingCalls.IsEmpty)
            return null;
        isCounted = isCounted || TryTakePlace();
        return isCounted && _waitingCalls.TryDequeue(out var call) ? call : null;
    }

    // Never above the most, not even for a moment: a thread that gives up its place then would see none free, and wake nobody.
    private bool TryTakePlace()
    {
        var calls = Volatile.Read(ref _calls);
        while (calls < _mostCalls)
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
            // If no more threads are allowed, the next one that has no transfers and nothing else to do takes it.
            if (_parked.FindLast(static thread => !thread.HasTransfers) is { } idle)
                Unpark(idle);
            else if (_threads.Length < _most)
                AddThread();
        }
        Rouse();
    }
}
