using Akka.Hosting;
using Kcopyd.Actors.Nbd.Server;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>Health checks of the NBD server, beside those of clients.</summary>
public static class NbdServerHealthChecks
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds two checks. <c>kcopyd.nbd.ready</c>, tagged <c>ready</c>: the server listens and has room for one more connection. <c>kcopyd.nbd.liveness</c>,
    /// tagged
    /// <c>liveness</c>: its actor answers.
    /// </summary>
    /// <param name="builder">The system's builder, after <see cref="NbdServerHostingExtensions.WithNbdServer"/>.</param>
    /// <param name="timeout">How long the actor has to answer; 5 s by default.</param>
    /// <remarks>The host runs them after <c>services.AddHealthChecks()</c>.</remarks>
    public static AkkaConfigurationBuilder WithNbdServerHealthChecks(this AkkaConfigurationBuilder builder, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var patience = timeout ?? DefaultTimeout;
        return builder
            .WithHealthCheck("kcopyd.nbd.ready", new Check(patience, WhyNotReady), tags: ["kcopyd", "ready"])
            .WithHealthCheck("kcopyd.nbd.liveness", new Check(patience, static _ => null), tags: ["kcopyd", "liveness"]);
    }

    private static string? WhyNotReady(ServerStatus status) => status switch
    {
        { IsStopping: true } => "The NBD server is stopping.",
        _ when status.Connections >= status.MaxConnections => $"The NBD server has {status.Connections} connections, which is its limit (kcopyd.nbd.server.max-connections): {(status.Waiting > 0 ? "clients wait" : "further clients have to wait")}.",
        _ => null,
    };

    private sealed class Check(TimeSpan timeout, Func<ServerStatus, string?> whyNot) : IAkkaHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (context.ActorSystem.HostedNbdServer().Server is not { } server)
                return Failed(context, "The NBD server has not started.");
            try
            {
                var status = await server.AskStatusAsync().WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
                return status is null ? Failed(context, "The NBD server has stopped.")
                    : whyNot(status) is { } why ? Failed(context, why)
                    : HealthCheckResult.Healthy($"The NBD server has {status.Connections} of at most {status.MaxConnections} connections.");
            }
            catch (TimeoutException)
            {
                return Failed(context, $"The NBD server has not answered for {timeout}: its dispatcher has no thread to spare.");
            }
        }

        private static HealthCheckResult Failed(AkkaHealthCheckContext context, string why) => new(context.Registration.FailureStatus, why);
    }
}
