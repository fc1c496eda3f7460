using Akka.Hosting;
using Kcopyd.Actors.Nbd;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>Health checks of a host's NBD server: <see cref="KcopydBuilder.AddHealthChecks"/>.</summary>
internal static class NbdServerHealthChecks
{
    public static void Add(AkkaConfigurationBuilder builder, TimeSpan? timeout) => builder
        .WithHealthCheck("kcopyd.nbd.ready", new Check(timeout, WhyNotReady), tags: ["kcopyd", "ready"])
        .WithHealthCheck("kcopyd.nbd.liveness", new Check(timeout, static _ => null), tags: ["kcopyd", "liveness"]);

    private static string? WhyNotReady(NbdServerStatus status) => status switch
    {
        { State: NbdServerState.Stopping } => "The NBD server is stopping.",
        _ when status.Connections >= status.MaxConnections =>
            $"The NBD server has {status.Connections} connections, which is its limit (kcopyd.nbd.server.max-connections): "
            + $"{(status.Waiting > 0 ? "clients wait" : "further clients have to wait")}.",
        _ => null,
    };

    private sealed class Check(TimeSpan? timeout, Func<NbdServerStatus, string?> whyNot) : IAkkaHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (context.ActorSystem.Kcopyd().HostedNbdServer().Server is not { } server)
                return HealthAnswer.Failed(context, "The NBD server has not started.");
            using var answer = new HealthAnswer(context, timeout, cancellationToken);
            try
            {
                var status = await server.GetStatusAsync(answer.Cancellation).ConfigureAwait(false);
                return status.State == NbdServerState.Stopped ? HealthAnswer.Failed(context, "The NBD server has stopped.")
                    : whyNot(status) is { } why ? HealthAnswer.Failed(context, why)
                    : HealthCheckResult.Healthy($"The NBD server has {status.Connections} of at most {status.MaxConnections} connections.");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return HealthAnswer.Failed(context, $"The NBD server has not answered for {answer.Timeout}: its dispatcher has no thread to spare.");
            }
        }
    }
}
