using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>Ends a wait by the time of an actor system.</summary>
internal static class TimeLimit
{
    /// <summary>Cancels a source after so long. Who uses the source cancels what is returned when it is done.</summary>
    public static ICancelable LimitCancelable(this IScheduler scheduler, TimeSpan time, CancellationTokenSource patience) =>
        scheduler.Advanced.ScheduleOnceCancelable(time, () => GiveUp(patience));

    // On the scheduler's thread, which runs none of what comes of it; and maybe just after the wait has ended.
    private static void GiveUp(CancellationTokenSource patience)
    {
        try
        {
            _ = patience.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The wait has ended.
        }
    }
}
