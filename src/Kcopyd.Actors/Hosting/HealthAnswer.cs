using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors.Messaging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>How long a health check waits for an actor, by the scheduler of its system.</summary>
internal sealed class HealthAnswer : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _patience;
    private readonly ICancelable _limit;

    public HealthAnswer(AkkaHealthCheckContext context, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Timeout = timeout ?? DefaultTimeout;
        _patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _limit = context.ActorSystem.Scheduler.LimitCancelable(Timeout, _patience);
    }

    public TimeSpan Timeout { get; }

    /// <summary>Is cancelled when the time is over, or the check is.</summary>
    public CancellationToken Patience => _patience.Token;

    public static HealthCheckResult Failed(AkkaHealthCheckContext context, string why) => new(context.Registration.FailureStatus, why);

    public void Dispose()
    {
        _limit.Cancel();
        _patience.Dispose();
    }
}
