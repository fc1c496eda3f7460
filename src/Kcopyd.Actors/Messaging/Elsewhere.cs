using Akka.Dispatch;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// Runs what must not run on the stack of the caller that finds the actor gone, who may hold locks: on the actor's dispatcher, so that whoever owns that owns
/// this, too; on the thread pool once the dispatcher has ended with its actor system.
/// </summary>
/// <param name="schedule">Schedules on the actor's dispatcher.</param>
internal sealed class Elsewhere(Action<IRunnable> schedule)
{
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
