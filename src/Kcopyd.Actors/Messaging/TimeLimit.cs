using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>Limits a wait by the scheduler of an actor system.</summary>
internal static class TimeLimit
{
    /// <summary>Cancels a source after a time. The caller cancels the returned timer when the wait is over.</summary>
    public static ICancelable LimitCancelable(this IScheduler scheduler, TimeSpan time, CancellationTokenSource patience, Completions completions) =>
        scheduler.Advanced.ScheduleOnceCancelable(time, () => completions.Run(() => GiveUp(patience)));

    /// <summary>Waits for a task.</summary>
    /// <returns>False if it has not completed within the time.</returns>
    public static async Task<bool> EndsWithinAsync(this IScheduler scheduler, Task task, TimeSpan time, Completions completions)
    {
        using var patience = new CancellationTokenSource();
        var limit = scheduler.LimitCancelable(time, patience, completions);
        try
        {
            await task.WaitAsync(patience.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            limit.Cancel();
        }
    }

    // Not on the scheduler's thread, which must not run the continuations; possibly just after the wait has ended.
    private static void GiveUp(CancellationTokenSource patience)
    {
        try
        {
            patience.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The wait is over.
        }
    }
}
