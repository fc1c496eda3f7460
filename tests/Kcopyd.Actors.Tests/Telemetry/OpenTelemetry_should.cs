using System.Collections.Concurrent;
using System.Diagnostics;
using Kcopyd.Actors.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

public sealed class OpenTelemetry_should : AkkaTestKit
{
    [Fact]
    public async Task collect_metrics_after_AddKcopydMetrics()
    {
        var collected = new Collected();
        using var provider = Sdk.CreateMeterProviderBuilder().AddKcopydMetrics().AddReader(new BaseExportingMetricReader(collected)).Build();
        var client = Sys.Kcopyd().CreateClient();
        await client.CopyAsync(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()]);
        await client.GetStatusAsync();      // the callback has returned and is measured
        Assert.True(provider.ForceFlush());
        Assert.Superset(
            new HashSet<string>
            {
                "kcopyd.jobs", "kcopyd.io", "kcopyd.job.duration", "kcopyd.callback.duration", "kcopyd.pages.usage", "kcopyd.queue.length",
            },
            collected.Names);
        // Buckets distinguish a microsecond from a second: the first bound is below 100 us.
        Assert.InRange(collected.FirstBound, 0, 0.0001);
        await client.DestroyAsync();
    }

    [Fact]
    public async Task collect_traces_after_AddKcopydTracing()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder().AddKcopydTracing().AddProcessor(new Ended(ended)).Build();
        var client = Sys.Kcopyd().CreateClient("otel-" + Guid.NewGuid().ToString("N"));
        await client.CopyAsync(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()]);
        Assert.Single(ended, activity => client.Name.Equals(activity.GetTagItem("kcopyd.client")));
        await client.DestroyAsync();
    }

    private sealed class Collected : BaseExporter<Metric>
    {
        public HashSet<string> Names { get; } = [];

        public double FirstBound { get; private set; } = double.NaN;

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                Names.Add(metric.Name);
                if (metric.Name != "kcopyd.job.duration")
                    continue;
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    foreach (var bucket in point.GetHistogramBuckets())
                    {
                        FirstBound = double.IsNaN(FirstBound) ? bucket.ExplicitBound : FirstBound;
                        break;
                    }
                }
            }
            return ExportResult.Success;
        }
    }

    private sealed class Ended(ConcurrentQueue<Activity> ended) : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => ended.Enqueue(data);
    }
}
