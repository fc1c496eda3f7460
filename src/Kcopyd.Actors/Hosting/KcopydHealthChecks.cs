using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>Health checks of a client, beside those that Akka.Hosting has.</summary>
public static class KcopydHealthChecks
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DefaultSlowIo = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Adds three checks. <c>kcopyd.NAME.ready</c>, tagged <c>ready</c>: the client takes work (it is not being destroyed, and has room for a job
    /// and for a prepared callback). <c>kcopyd.NAME.liveness</c>, tagged <c>liveness</c>: its actor answers, so no callback blocks it.
    /// <c>kcopyd.NAME.io</c>, tagged <c>io</c>: no piece of a job has been in flight for longer than <paramref name="slowIo"/>, so no device hangs.
    /// </summary>
    /// <param name="builder">The system's builder.</param>
    /// <param name="name">The client's name.</param>
    /// <param name="timeout">How long the actor has to answer; 5 s by default.</param>
    /// <param name="slowIo">How long a device may have a piece of at most 512 KiB; 30 s by default.</param>
    /// <remarks>The host runs them after <c>services.AddHealthChecks()</c>.</remarks>
    public static AkkaConfigurationBuilder WithKcopydHealthChecks(this AkkaConfigurationBuilder builder, string name = KcopydExtension.DefaultClientName, TimeSpan? timeout = null, TimeSpan? slowIo = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder
            .WithHealthCheck($"kcopyd.{name}.ready", new ReadyCheck(name), tags: ["kcopyd", "ready"])
            .WithHealthCheck($"kcopyd.{name}.liveness", new LivenessCheck(name, timeout ?? DefaultTimeout), tags: ["kcopyd", "liveness"])
            .WithHealthCheck($"kcopyd.{name}.io", new IoCheck(name, timeout ?? DefaultTimeout, slowIo ?? DefaultSlowIo), tags: ["kcopyd", "io"]);
    }

    private static HealthCheckResult Failed(AkkaHealthCheckContext context, string why) => new(context.Registration.FailureStatus, why);

    private sealed class ReadyCheck(string name) : IAkkaHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var client = context.ActorSystem.Kcopyd().GetClient(name);
            return Task.FromResult(client.WhyNotReady() is { } why ? Failed(context, why) : HealthCheckResult.Healthy($"Client '{name}' takes work."));
        }
    }

    private sealed class LivenessCheck(string name, TimeSpan timeout) : StatusCheck(name, timeout);

    private sealed class IoCheck(string name, TimeSpan timeout, TimeSpan slow) : StatusCheck(name, timeout)
    {
        protected override string? WhyNot(ClientStatus status) =>
            status.OldestIo is { } oldest && oldest.Age > slow ? $"Client '{status.Name}': a device hangs, or is very slow: {oldest}." : null;
    }

    private abstract class StatusCheck(string name, TimeSpan timeout) : IAkkaHealthCheck
    {
        protected virtual string? WhyNot(ClientStatus status) => null;

        public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(timeout);
            try
            {
                var status = await context.ActorSystem.Kcopyd().GetClient(name).GetStatusAsync(patience.Token).ConfigureAwait(false);
                return WhyNot(status) is { } why ? Failed(context, why) : HealthCheckResult.Healthy(status.ToString());
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return Failed(context, $"Client '{name}' has not answered for {timeout}: one of its callbacks blocks it, or its dispatcher has no thread to spare.");
            }
            catch (KcopydClientClosedException exception)
            {
                return Failed(context, exception.Message);
            }
        }
    }
}
