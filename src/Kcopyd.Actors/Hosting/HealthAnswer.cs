using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors.Messaging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>Limits how long a health check waits for an actor, using the scheduler of its system.</summary>
internal sealed class HealthAnswer : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _cancellation;
    private readonly ICancelable _limit;

    public HealthAnswer(AkkaHealthCheckContext context, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        Timeout = timeout ?? DefaultTimeout;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _limit = context.ActorSystem.Scheduler.LimitCancelable(Timeout, _cancellation, context.ActorSystem.Kcopyd().Completions);
    }

    public TimeSpan Timeout { get; }

    /// <summary>Cancelled when the time limit expires or the check is cancelled.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    public static HealthCheckResult Failed(AkkaHealthCheckContext context, string why) => new(context.Registration.FailureStatus, why);

    public void Dispose()
    {
        _limit.Cancel();
        _cancellation.Dispose();
    }
}
