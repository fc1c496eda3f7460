using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Kcopyd.Actors.Telemetry;

/// <summary>Adds Kcopyd's metrics and traces to OpenTelemetry.</summary>
public static class KcopydTelemetryExtensions
{
    /// <summary>Collects the metrics of every client of the process.</summary>
    public static MeterProviderBuilder AddKcopydMetrics(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(KcopydTelemetry.Name);
    }

    /// <summary>Collects a trace of every job, as a child of the activity in which it was submitted.</summary>
    public static TracerProviderBuilder AddKcopydTracing(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(KcopydTelemetry.Name);
    }
}
