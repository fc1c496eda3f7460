using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;
using static Kcopyd.Actors.KcopydProtocol;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>What a user that has only an <see cref="IActorRef"/> can do. Every message passes through the serializer.</summary>
public sealed class Protocol_should : EngineSpec
{
    private readonly MemoryBlockDevice _source = Random(16 * Piece);
    private readonly MemoryBlockDevice _mirror = BlockDevice.Memory(16 * Piece, name: "mirror");
    private readonly StallDevice _stall;
    private readonly KcopydClient _handle;
    private readonly IActorRef _client;

    public Protocol_should() : base("akka.actor.serialize-messages = on")
    {
        _stall = Random(16 * Piece).WithStall();
        Sys.Kcopyd().Devices.Register("source", _source);
        Sys.Kcopyd().Devices.Register("mirror", _mirror);
        Sys.Kcopyd().Devices.Register("stall", _stall);
        _handle = Client();
        _client = _handle.Actor;
    }

    [Fact]
    public async Task accept_a_copy_and_tell_its_one_result()
    {
        _client.Tell(new Copy(new("source", 0, 128), [new("mirror", 0, 128)], CopyFlags.Verify, "chunk") { Acknowledge = true });
        var accepted = await ExpectMsgAsync<JobAccepted>();
        Assert.Equal("chunk", accepted.Context);
        var result = await ExpectMsgAsync<CopyResult>();
        Assert.Equal((accepted.JobId, true, "chunk"), (result.JobId, result.IsSuccess, result.Context));
        Assert.True(_source.Bytes.SequenceEqual(_mirror.Bytes));
        _client.Tell(new Zero([new("mirror", 0, 8), new("mirror", 8, 8)]) { Acknowledge = true });
        await ExpectMsgAsync<JobAccepted>();
        Assert.True((await ExpectMsgAsync<CopyResult>()).IsSuccess);
        Assert.False(_mirror.Bytes[..(16 * 512)].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task refuse_by_the_name_of_the_argument_and_no_result_follows()
    {
        await Refused("from", "No device is named 'nowhere'", new Copy(new("nowhere", 0, 8), [new("mirror", 0, 8)], Context: 1) { Acknowledge = true });
        await Refused("to[1]", "No device is named 'lost'",
            new Copy(new("source", 0, 8), [new("mirror", 0, 8), new("lost", 0, 8)], Context: 1) { Acknowledge = true });
        await Refused("to[0]", "overlaps", new Copy(new("source", 0, 8), [new("source", 4, 8)], Context: 1) { Acknowledge = true });
        await Refused("from", "past the device", new Copy(new("source", 128, 8), [new("mirror", 0, 8)], Context: 1) { Acknowledge = true });
        await Refused("flags", "Unknown flags", new Copy(new("source", 0, 8), [new("mirror", 0, 8)], (CopyFlags)(1 << 20), 1) { Acknowledge = true });
        await Refused("to", "at least one", new Zero([], Context: 1) { Acknowledge = true });
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task answer_an_ask_by_the_result()
    {
        var result = await _client.Ask<CopyResult>(new Copy(new("source", 0, 128), [new("mirror", 0, 128)], Context: "chunk"), TimeSpan.FromSeconds(60));
        Assert.Equal((true, "chunk"), (result.IsSuccess, result.Context));
        var refused = await _client.Ask<CopyResult>(
            new Copy(new("source", 0, 128), [new("nowhere", 0, 128), new("mirror", 0, 128)], Context: "chunk"), TimeSpan.FromSeconds(60));
        Assert.Equal((false, true, 0b11UL, "chunk"), (refused.IsSuccess, refused.ReadError, refused.WriteErrors, refused.Context));
        Assert.Contains("No device is named 'nowhere'", refused.Refusal, StringComparison.Ordinal);
        Assert.StartsWith("refused: ", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task tell_the_result_of_one_job_to_whoever_sends_its_request_again_or_asks_for_it()
    {
        var request = new Copy(new("stall", 0, 128), [new("mirror", 0, 128)]) { RequestId = "r1", Acknowledge = true };
        _client.Tell(request);
        var id = (await ExpectMsgAsync<JobAccepted>()).JobId;
        var restarted = CreateTestProbe();
        _client.Tell(request with { Acknowledge = false }, restarted);
        _client.Tell(request, restarted);
        Assert.Equal(id, (await restarted.ExpectMsgAsync<JobAccepted>()).JobId);
        _client.Tell(new GetResult("r1"));
        Assert.Equal(id, (await ExpectMsgAsync<JobProgress>()).JobId);

        _stall.Release();
        Assert.Equal(id, (await ExpectMsgAsync<CopyResult>()).JobId);
        Assert.Equal(id, (await restarted.ExpectMsgAsync<CopyResult>()).JobId);
        await restarted.ExpectNoMsgAsync(TimeSpan.Zero);
        _client.Tell(new GetResult("r1"));
        Assert.Equal(id, (await ExpectMsgAsync<CopyResult>()).JobId);
        _client.Tell(request with { Acknowledge = false });
        Assert.Equal(id, (await ExpectMsgAsync<CopyResult>()).JobId);
        Assert.Equal(8, _stall.Injected);      // one job of eight pieces
        _client.Tell(new GetResult("r2"));
        Assert.Equal("r2", (await ExpectMsgAsync<RequestNotFound>()).RequestId);
    }

    [Fact]
    public async Task forget_the_results_of_the_longest_done_requests()
    {
        var client = Client(settings => settings with { RememberedResults = 2 }).Actor;
        foreach (var id in new[] { "a", "b", "c" })
        {
            client.Tell(new Copy(new("source", 0, 8), [new("mirror", 0, 8)]) { RequestId = id });
            await ExpectMsgAsync<CopyResult>();
        }
        client.Tell(new GetResult("a"));
        await ExpectMsgAsync<RequestNotFound>();
        client.Tell(new GetResult("b"));
        await ExpectMsgAsync<CopyResult>();
    }

    [Fact]
    public async Task refuse_a_context_that_did_not_keep_its_type()
    {
        _client.Tell(new Copy(new("source", 0, 8), [new("mirror", 0, 8)], Context: 5) { ContextType = "Some.Record, Somewhere" });
        Assert.Contains("was a Some.Record, Somewhere and arrived as System.Int32", (await ExpectMsgAsync<CopyResult>()).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_a_message_with_holes_in_it_and_live_on()
    {
        await Refused("from", "from", new Copy(null!, [new("mirror", 0, 8)], Context: 1) { Acknowledge = true });
        await Refused("to", "to", new Copy(new("source", 0, 8), null!, Context: 1) { Acknowledge = true });
        await Refused("to[0]", "to[0]", new Copy(new("source", 0, 8), [null!], Context: 1) { Acknowledge = true });
        await Refused("from", "from", new Copy(new(null!, 0, 8), [new("mirror", 0, 8)], Context: 1) { Acknowledge = true });
        await Refused("to", "to", new Zero(null!, Context: 1) { Acknowledge = true });
        _client.Tell(new Copy(new("stall", 0, 8), [new("mirror", 0, 8)]) { Acknowledge = true });
        var id = (await ExpectMsgAsync<JobAccepted>()).JobId;
        _client.Tell(new SubscribeProgress(id, TimeSpan.Zero, null!));
        Assert.Contains("subscriber", (await ExpectMsgAsync<Refused>()).Reason, StringComparison.OrdinalIgnoreCase);
        _stall.Release();
        await ExpectMsgAsync<CopyResult>();
    }

    [Fact]
    public async Task refuse_work_beyond_the_bound_and_after_destroy()
    {
        var client = Client(s => s with { MaxJobs = 1 });
        client.Actor.Tell(new Copy(new("stall", 0, 8), [new("mirror", 0, 8)]) { Acknowledge = true });
        await ExpectMsgAsync<JobAccepted>();
        client.Actor.Tell(new Copy(new("stall", 0, 8), [new("mirror", 0, 8)], Context: "second") { Acknowledge = true });
        var full = await ExpectMsgAsync<JobRefused>();
        Assert.Equal((null, "second"), (full.Argument, full.Context));
        Assert.Contains("max-jobs", full.Reason, StringComparison.Ordinal);
        client.Actor.Tell(Destroy.Instance);
        client.Actor.Tell(new Copy(new("stall", 0, 8), [new("mirror", 0, 8)]) { Acknowledge = true });
        Assert.Contains("destroyed", (await ExpectMsgAsync<JobRefused>()).Reason, StringComparison.Ordinal);
        _stall.Release();
        Assert.True((await ExpectMsgAsync<CopyResult>()).IsSuccess);
        Assert.Equal(client.Name, (await ExpectMsgAsync<ClientDestroyed>()).Name);
    }

    [Fact]
    public async Task cancel_pause_and_resume_by_number()
    {
        var id = await StartStalled();
        _client.Tell(new PauseJob(id));
        await ExpectMsgAsync<Done>();
        _client.Tell(new GetProgress(id));
        Assert.Equal(JobState.Paused, (await ExpectMsgAsync<JobProgress>()).State);
        _client.Tell(new ResumeJob(id));
        await ExpectMsgAsync<Done>();
        _client.Tell(new CancelJob(id));
        await ExpectMsgAsync<Done>();
        _stall.Release();
        Assert.True((await ExpectMsgAsync<CopyResult>()).IsCancelled);
        IKcopydRequest[] requests =
            [new CancelJob(id), new PauseJob(id), new ResumeJob(id), new GetProgress(id), new SubscribeProgress(id, TimeSpan.Zero, TestActor)];
        foreach (var request in requests)
        {
            _client.Tell(request);
            Assert.Equal(id, (await ExpectMsgAsync<JobNotFound>()).JobId);
        }
    }

    [Fact]
    public async Task answer_done_before_the_notification_of_a_cancelled_job()
    {
        var id = await StartStalled();
        _client.Tell(new Copy(new("source", 0, 8), [new("mirror", 0, 8)]) { Acknowledge = true });     // waits behind the first job, with nothing in flight
        _client.Tell(new CancelJob(id));
        await FishForMessageAsync(message => message is Done);
        _stall.Release();
        await FishForMessageAsync(message => message is CopyResult { IsCancelled: true });
    }

    [Fact]
    public async Task subscribe_another_actor_to_progress()
    {
        var watcher = CreateTestProbe();
        var id = await StartStalled();
        _client.Tell(new SubscribeProgress(id, TimeSpan.Zero, watcher));
        await ExpectMsgAsync<Done>();
        _stall.Release();
        await ExpectMsgAsync<CopyResult>();
        var last = (JobProgress)await watcher.FishForMessageAsync(message => message is JobProgress { State: JobState.Completed });
        Assert.Equal(16 * Piece, last.Destinations[0].Bytes);
    }

    [Fact]
    public async Task tell_its_status_and_what_destroy_waits_for()
    {
        var id = await StartStalled();
        var token = _handle.PrepareCallback(TestActor, "token");
        var destroyer = CreateTestProbe();
        _client.Tell(Destroy.Instance, destroyer);
        _client.Tell(Destroy.Instance, destroyer);
        _client.Tell(GetStatus.Instance);
        var status = await ExpectMsgAsync<ClientStatus>();
        Assert.Equal((true, 1, 1), (status.IsClosing, status.Jobs, status.OutstandingCallbacks));
        Assert.Equal([id], status.RunningJobs);
        Assert.Equal("token", status.Callbacks.Single().Context);
        _stall.Release();
        await ExpectMsgAsync<CopyResult>();
        token.Submit();
        await ExpectMsgAsync<CopyResult>();
        await destroyer.ExpectMsgAsync<ClientDestroyed>();
        await destroyer.ExpectMsgAsync<ClientDestroyed>();
    }

    [Fact]
    public async Task change_the_throttle_or_say_why_not()
    {
        _client.Tell(new SetThrottle(50, 1 << 20));
        await ExpectMsgAsync<Done>();
        Assert.Equal((50, 1 << 20), (_handle.Throttle.Percent, _handle.Throttle.BytesPerSecond));
        _client.Tell(new SetThrottle(0, 0));
        Assert.Contains("percent", (await ExpectMsgAsync<Refused>()).Reason, StringComparison.Ordinal);
        Assert.Equal(50, _handle.Throttle.Percent);
    }

    [Fact]
    public async Task leave_what_it_does_not_understand_unhandled()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Akka.Event.UnhandledMessage));
        _client.Tell("what?");
        Assert.Equal("what?", (await ExpectMsgAsync<Akka.Event.UnhandledMessage>()).Message);
    }

    [Fact]
    public void give_one_device_one_name()
    {
        var devices = Sys.Kcopyd().Devices;
        Assert.Contains("'source' is registered already",
            Assert.Throws<ArgumentException>(() => devices.Register("source", _mirror)).Message, StringComparison.Ordinal);
        Assert.Equal(["mirror", "source", "stall"], devices.Names.Order(StringComparer.Ordinal));
        Assert.True(devices.Unregister("source"));
        Assert.False(devices.Unregister("source"));
        Assert.False(devices.TryGet("source", out _));
        devices.Register("source", _mirror);
    }

    private async Task<long> StartStalled()
    {
        _client.Tell(new Copy(new("stall", 0, 128), [new("mirror", 0, 128)]) { Acknowledge = true });
        var id = (await ExpectMsgAsync<JobAccepted>()).JobId;
        await Soon(_stall.WaitingAsync());
        return id;
    }

    private async Task Refused(string? argument, string because, IKcopydRequest request)
    {
        _client.Tell(request);
        var refused = await ExpectMsgAsync<JobRefused>();
        Assert.Equal((argument, 1), (refused.Argument, refused.Context));
        Assert.Contains(because, refused.Reason, StringComparison.Ordinal);
    }
}
