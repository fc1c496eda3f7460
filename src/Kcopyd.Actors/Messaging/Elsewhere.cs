using Akka.Dispatch;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// Runs work that must not run on the stack of the caller that finds the actor gone, because that caller may hold locks. The work runs on the actor's
/// dispatcher, so that the owner of the dispatcher controls this work as well, and on the thread pool once the dispatcher has terminated with its actor system.
/// </summary>
/// <param name="schedule">Schedules on the actor's dispatcher.</param>
/// <param name="completions">Where tasks complete.</param>
internal sealed class Elsewhere(Action<IRunnable> schedule, Completions completions)
{
    /// <summary>Where the tasks complete that callers outside the library await.</summary>
    public Completions Completions => completions;

    public void Run(IRunnable run)
    {
        try
        {
            schedule(run);
        }
        catch (Exception ended) when (ended is RejectedExecutionException or ObjectDisposedException or InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        }
    }
}
