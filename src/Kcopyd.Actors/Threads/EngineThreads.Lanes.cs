using Akka.Event;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Threads;

/// <content>The rings of the threads.</content>
internal sealed partial class EngineThreads
{
    private volatile bool _hasLanes;

    /// <summary>A lane for one of the threads; null where io_uring is not used.</summary>
    public TransferLane? TryCreateLane()
    {
        if (!_hasLanes || !OperatingSystem.IsLinux())
            return null;
        if (IoLane.TryCreate(_max, Report, out var errno, _patience) is { } lane)
            return lane;
        lock (_lock)
        {
            if (!_hasLanes)
                return null;    // already logged
            _hasLanes = false;
        }
        _events.Publish(new Info(null, _id, typeof(EngineThreads),
            $"I/O engine: threads, which block on I/O, because io_uring is not available here ({LibC.Message(errno)})."));
        return null;
    }
}
