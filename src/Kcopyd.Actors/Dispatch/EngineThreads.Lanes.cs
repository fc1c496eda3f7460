using System.Collections.Concurrent;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Dispatch;

/// <content>Rings for the threads, and the calls that a thread with transfers leaves to one without.</content>
internal sealed partial class EngineThreads
{
    private readonly ConcurrentQueue<IRunnable> _blocking = new();
    private volatile bool _hasLanes;

    /// <summary>A lane for one of the threads; null where io_uring is not used.</summary>
    public IoLane? TryCreateLane()
    {
        if (!_hasLanes)
            return null;
        if (IoLane.TryCreate(_most, Report, out var errno, _patience) is { } lane)
            return lane;
        lock (_lock)
        {
            if (!_hasLanes)
                return null;    // said already
            _hasLanes = false;
        }
        _events.Publish(new Info(null, _id, typeof(EngineThreads),
            $"I/O engine: threads, which block on I/O, because io_uring is not available here ({LibC.Message(errno)})."));
        return null;
    }

    /// <summary>Makes a call on a thread that has no transfers: it may block there.</summary>
    public Task<T> CallElsewhere<T>(Func<T> call)
    {
        var blocking = new BlockingCall<T>(call);
        _blocking.Enqueue(blocking);
        lock (_lock)
        {
            // Should there be as many threads as there may be, the next one that has no transfers and nothing else to do takes it.
            if (_parked.FindLast(static thread => !thread.HasTransfers) is { } idle)
                Unpark(idle);
            else if (_threads.Length < _most)
                AddThread();
        }
        Rouse();
        return blocking.Result;
    }

    public IRunnable? TakeBlockingCall() => _blocking.TryDequeue(out var call) ? call : null;
}
