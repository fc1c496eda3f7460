using Akka.Hosting;
using Kcopyd.Actors.Mirrors;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Kcopyd.Actors.Hosting;

/// <summary>The health check of a host's mirror: <see cref="KcopydBuilder.AddHealthChecks"/>.</summary>
internal static class MirrorHealthChecks
{
    public static void Add(AkkaConfigurationBuilder builder, string mirror, TimeSpan? timeout) =>
        builder.WithHealthCheck($"kcopyd.{mirror}.mirror", new Check(mirror, timeout), tags: ["kcopyd", "ready"]);

    private static HealthCheckResult ResultOf(MirrorStatus status) =>
        status.HasLogFailed ? HealthCheckResult.Degraded($"The log of mirror '{status.Name}' cannot be written: {status}.")
        : status.IsDegraded ? HealthCheckResult.Degraded($"Mirror '{status.Name}' lacks a leg: {status}.")
        : !status.IsWhole ? HealthCheckResult.Degraded($"Mirror '{status.Name}' is recovering{Left(status)}: {status}.")
        : HealthCheckResult.Healthy($"Mirror '{status.Name}' is whole: {status}.");

    private static string Left(MirrorStatus status) => status.RecoveryTimeLeft is { } left ? $", for about {left.TotalSeconds:0} s" : "";

    private sealed class Check(string name, TimeSpan? timeout) : IAkkaHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(AkkaHealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (!context.ActorSystem.Kcopyd().Devices.TryGet(name, out var device) || device is not Mirror mirror)
                return HealthAnswer.Failed(context, $"Mirror '{name}' is not open.");
            using var answer = new HealthAnswer(context, timeout, cancellationToken);
            try
            {
                return ResultOf(await mirror.GetStatusAsync(answer.Cancellation).ConfigureAwait(false));
            }
            catch (InvalidOperationException closed)
            {
                return HealthAnswer.Failed(context, closed.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return HealthAnswer.Failed(context, $"Mirror '{name}' has not answered for {answer.Timeout}: its dispatcher has no thread to spare.");
            }
        }
    }
}
