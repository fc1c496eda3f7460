using System.Collections.Concurrent;
using System.Diagnostics;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Telemetry;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

/// <summary>Every test gives its client a unique name, because the activity source belongs to the whole process.</summary>
public sealed class Traces_should : AkkaTestKit
{
    private readonly string _name = "traces-" + Guid.NewGuid().ToString("N");
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public Traces_should()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == KcopydTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (_name.Equals(activity.GetTagItem("kcopyd.client")))
                    _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task make_a_job_the_child_of_the_activity_in_which_it_was_submitted()
    {
        var client = Sys.Kcopyd().CreateClient(_name);
        using var request = new Activity("request").Start();
        var copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole(), BlockDevice.Memory(4096).Whole()]);
        Assert.Same(request, Activity.Current);     // the submitter keeps its own activity
        var result = await copy;
        Assert.Same(request, Activity.Current);
        var job = Assert.Single(_ended);
        Assert.Equal("kcopyd.copy", job.OperationName);
        Assert.Equal((request.TraceId, request.SpanId), (job.TraceId, job.ParentSpanId));
        Assert.Equal(ActivityStatusCode.Unset, job.Status);
        Assert.Equal(
            (result.JobId, 4096L, 2),
            (job.GetTagItem("kcopyd.job.id"), job.GetTagItem("kcopyd.job.length"), job.GetTagItem("kcopyd.job.destinations")));
        await client.DestroyAsync();
    }

    [Fact]
    public async Task keep_two_jobs_apart_and_callbacks_outside_of_both()
    {
        var client = Sys.Kcopyd().CreateClient(_name);
        var stalled = BlockDevice.Memory(4096).WithStall();
        var inCallback = new TaskCompletionSource<Activity?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Activity first, second;
        Task copy;
        using (first = new Activity("first").Start())
            copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [stalled.Whole()]);
        using (second = new Activity("second").Start())
            client.Zero([BlockDevice.Memory(4096).Whole()], CopyFlags.None, (_, _, _) => inCallback.TrySetResult(Activity.Current));
        Assert.Null(await inCallback.Task);
        stalled.Release();
        await copy;
        Assert.Equal(["kcopyd.zero", "kcopyd.copy"], _ended.Select(job => job.OperationName));
        Assert.Equal([second.SpanId, first.SpanId], _ended.Select(job => job.ParentSpanId));
        await client.DestroyAsync();
    }

    [Fact]
    public async Task say_what_failed()
    {
        var client = Sys.Kcopyd().CreateClient(_name);
        var full = BlockDevice.Memory(4096, name: "disk").WithErrorAt(1, long.MaxValue, IoError.NoSpace);
        await client.CopyAsync(BlockDevice.Memory(4096).Whole(), [full.Whole()]);
        var job = Assert.Single(_ended);
        Assert.Equal(ActivityStatusCode.Error, job.Status);
        Assert.Equal("NoSpace", job.GetTagItem("error.type"));
        Assert.Contains("disk", job.StatusDescription, StringComparison.Ordinal);
        await client.DestroyAsync();
    }

    [Fact]
    public async Task end_a_job_that_dies_with_its_client()
    {
        var client = Sys.Kcopyd().CreateClient(_name);
        var stalled = BlockDevice.Memory(4096).WithStall();
        var copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [stalled.Whole()]);
        await stalled.WaitingAsync();
        Sys.Stop(client.Actor);
        await copy;
        Assert.Equal("ClientStopped", Assert.Single(_ended).GetTagItem("error.type"));
        stalled.Release();
    }

    protected override void AfterAll()
    {
        _listener.Dispose();
        base.AfterAll();
    }
}
