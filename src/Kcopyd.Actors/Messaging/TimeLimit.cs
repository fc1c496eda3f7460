using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>Limits a wait by the scheduler of an actor system.</summary>
internal static class TimeLimit
{
    /// <summary>Cancels a source after a time. The caller cancels the returned timer when the wait is over.</summary>
    public static ICancelable LimitCancelable(this IScheduler scheduler, TimeSpan time, CancellationTokenSource patience) =>
        scheduler.Advanced.ScheduleOnceCancelable(time, () => GiveUp(patience));

    // Runs on the scheduler's thread, which must not run the continuations; possibly just after the wait has ended.
    private static void GiveUp(CancellationTokenSource patience)
    {
        try
        {
            _ = patience.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The wait is over.
        }
    }
}
