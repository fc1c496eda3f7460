using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>Health checks of a client, in addition to those of Akka.Hosting: <see cref="KcopydBuilder.AddHealthChecks"/>.</summary>
internal static class ClientHealthChecks
{
    private static readonly TimeSpan DefaultSlowIo = TimeSpan.FromSeconds(30);

    public static void Add(AkkaConfigurationBuilder builder, string name, TimeSpan? timeout, TimeSpan? slowIo) => builder
        .WithHealthCheck($"kcopyd.{name}.ready", new ReadyCheck(name), tags: ["kcopyd", "ready"])
        .WithHealthCheck($"kcopyd.{name}.liveness", new StatusCheck(name, timeout, static _ => null), tags: ["kcopyd", "liveness"])
        .WithHealthCheck($"kcopyd.{name}.io", new StatusCheck(name, timeout, status => WhyTooSlow(status, slowIo ?? DefaultSlowIo)), tags: ["kcopyd", "io"]);

    private static string? WhyTooSlow(ClientStatus status, TimeSpan slow) =>
        status.OldestIo is { } oldest && oldest.Age > slow ? $"Client '{status.Name}': a device hangs, or is very slow: {oldest}." : null;

    private sealed class ReadyCheck(string name) : IAkkaHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var client = context.ActorSystem.Kcopyd().GetClient(name);
            return Task.FromResult(client.WhyNotReady() is { } why
                ? HealthAnswer.Failed(context, why)
                : HealthCheckResult.Healthy($"Client '{name}' accepts work."));
        }
    }

    private sealed class StatusCheck(string name, TimeSpan? timeout, Func<ClientStatus, string?> whyNot) : IAkkaHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            using var answer = new HealthAnswer(context, timeout, cancellationToken);
            try
            {
                var status = await context.ActorSystem.Kcopyd().GetClient(name).GetStatusAsync(answer.Cancellation).ConfigureAwait(false);
                return whyNot(status) is { } why ? HealthAnswer.Failed(context, why) : HealthCheckResult.Healthy(status.ToString());
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return HealthAnswer.Failed(context,
                    $"Client '{name}' has not answered for {answer.Timeout}: one of its callbacks blocks it, or its dispatcher has no thread to spare.");
            }
            catch (KcopydClientClosedException exception)
            {
                return HealthAnswer.Failed(context, exception.Message);
            }
        }
    }
}
