using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Telemetry;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

/// <summary>A listener that throws never prevents the completion of a job. It throws for one client only, that of the test.</summary>
public sealed class A_listener_that_throws_should : EngineSpec
{
    private readonly string _name = "throwing-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task not_end_the_client_with_a_job()
    {
        using var meters = Meters();
        using var traces = Traces();
        var client = Client(name: _name);
        await EventFilter.Error(contains: "a listener of metrics or traces threw").ExpectAsync(3, async () =>
        {
            Assert.True((await Soon(client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
        }).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True((await Soon(client.ZeroAsync(Whole(Mirrors(1, Piece))))).IsSuccess);
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task not_keep_the_jobs_of_a_stopped_client_from_their_notifications()
    {
        using var meters = Meters();
        using var traces = Traces();
        var client = Client(name: _name);
        var source = Random(Piece).WithStall();
        var copies = Enumerable.Range(0, 3).Select(_ => client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)))).ToList();
        var told = new TaskCompletionSource();
        client.PrepareCallback((_, _, _) => told.SetResult());
        await Soon(source.WaitingAsync(3));
        Sys.Stop(client.Actor);
        foreach (var result in await Soon(Task.WhenAll(copies)))
            Assert.Equal(IoError.ClientStopped, result.ReadFault!.Error);
        await Soon(told.Task);
        await Soon(client.DestroyAsync());
        source.Release();
    }

    [Fact]
    public async Task not_leave_a_job_admitted_that_was_never_submitted()
    {
        using var traces = Traces();
        var client = Client(name: _name);
        using var caller = new Activity(_name).Start();
        Assert.True((await Soon(client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
        Assert.Same(caller, Activity.Current);
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task not_take_the_place_of_a_refusal_or_of_what_a_callback_threw()
    {
        using var meters = Meters();
        var client = Client(s => s with { MaxPreparedCallbacks = 1 }, name: _name);
        var token = client.PrepareCallback((_, _, _) => throw new InvalidOperationException("as the test wants"));
        Assert.Throws<KcopydQueueFullException>(() => client.PrepareCallback((_, _, _) => { }));
        token.Submit();
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task be_told_of_a_device_that_cannot_say_its_name()
    {
        var devices = new List<string>();
        using var meters = Meters((instrument, tags) =>
        {
            if (instrument.StartsWith("kcopyd.errors", StringComparison.Ordinal))
                devices.Add((string)tags["kcopyd.device"]!);
        });
        var client = Client(name: _name);
        var source = new Nameless(Random(Piece).WithErrorAt(1, long.MaxValue));
        var bad = new Nameless(BlockDevice.Memory(Piece).WithErrorAt(1, long.MaxValue));
        await Soon(client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece))));
        await Soon(client.ZeroAsync([bad.Whole()]));
        await Soon(client.DestroyAsync());
        Assert.Equal(2, devices.Count);
        Assert.All(devices, device => Assert.Contains("no name today", device, StringComparison.Ordinal));
    }

    private MeterListener Meters(Action<string, Dictionary<string, object?>>? measured = null)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == KcopydTelemetry.Name && !instrument.IsObservable)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Measured(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Measured(instrument, tags));
        listener.Start();
        return listener;

        void Measured(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var named = new Dictionary<string, object?>(tags.ToArray());
            if (!_name.Equals(named["kcopyd.client"]))
                return;
            if (measured is null)
                throw new InvalidOperationException("as the test wants");
            measured(instrument.Name, named);
        }
    }

    private ActivityListener Traces()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KcopydTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => Throw(activity.Parent?.OperationName == _name),    // it has no tags yet
            ActivityStopped = activity => Throw(_name.Equals(activity.GetTagItem("kcopyd.client"))),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;

        static void Throw(bool isOurs)
        {
            if (isOurs)
                throw new InvalidOperationException("as the test wants");
        }
    }

    private sealed class Nameless(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override string Name => throw new InvalidOperationException("no name today");
    }
}
