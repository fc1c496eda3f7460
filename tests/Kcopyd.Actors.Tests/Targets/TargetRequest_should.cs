using Akka.Actor;
using Akka.Dispatch;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;
using Xunit;

namespace Kcopyd.Actors.Tests.Targets;

public sealed class TargetRequest_should
{
    private readonly TestTarget _target = new(new Elsewhere(static run => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false), Completions.OnPool));

    [Fact]
    public void be_settled_once()
    {
        var request = _target.Take();
        _ = request.Prepare().AsTask();
        Assert.True(request.TrySettle(request.Id));
        Assert.False(request.TrySettle(request.Id));
    }

    [Fact]
    public async Task not_be_settled_by_the_number_of_an_earlier_use()
    {
        var request = _target.Take();
        var first = request.Prepare();
        var id = request.Id;
        Assert.True(request.TrySettle(id));
        request.Answer(IoResult.Success(7)).Run();
        Assert.Equal(IoResult.Success(7), await first);
        Assert.Same(request, _target.Take());

        var second = request.Prepare().AsTask();
        request.Close(id);      // a dead mailbox is drained late
        Assert.False(second.IsCompleted);
        request.Close(request.Id);
        Assert.Equal(IoError.Closed, (await second).Error);
    }

    [Fact]
    public async Task be_answered_as_closed_by_the_sender_that_finds_the_actor_gone()
    {
        var request = _target.Take();
        var answered = request.Prepare();
        _target.Leave();
        _target.Tell(request);      // no actor receives it
        Assert.Equal(IoResult.Failure(IoError.Closed), await answered);
    }

    [Fact]
    public async Task be_answered_once_when_the_mailbox_the_sender_and_the_actor_find_out_together()
    {
        for (var round = 0; round < 2000; round++)
        {
            var request = _target.Take();
            var uses = request.Uses;
            var answered = request.Prepare();
            var id = request.Id;
            using var start = new Barrier(3);
            var closers = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                request.Close(id);
            })).ToArray();
            Assert.Equal(IoError.Closed, (await answered).Error);
            await Task.WhenAll(closers);
            Assert.Equal(uses + 1, request.Uses);
            Assert.Same(request, _target.Take());
            Assert.NotSame(request, _target.Take());        // it was recycled once
            _target.Recycle(request);
        }
    }

    [Fact]
    public void give_the_io_of_another_actor_back_with_its_answer_and_be_free()
    {
        var request = _target.Take();
        var io = new DeviceIo();
        request.Lend(io, ActorRefs.Nobody);
        _ = request.Prepare([1, 2, 3]).AsTask();
        Assert.Same(io, request.GiveBack(IoResult.Success(3)));
        Assert.Equal(IoResult.Success(3), io.Answer);
        Assert.Null(request.Owner);
        Assert.True(request.Memory.IsEmpty);
        Assert.Same(request, _target.Take());
    }

    [Fact]
    public async Task run_what_awaits_it_where_the_actor_says()
    {
        var runs = new List<IRunnable>();
        var answers = new TargetAnswers(runs.Add);
        var request = _target.Take();
        var answered = request.Prepare().AsTask();
        answers.Add(request, IoResult.Success(1));
        answers.Add(request, IoResult.Success(2));      // already settled
        Assert.False(answered.IsCompleted);
        Assert.Single(runs).Run();
        Assert.Equal(IoResult.Success(1), await answered);
    }
}
