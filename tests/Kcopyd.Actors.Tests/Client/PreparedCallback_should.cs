using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class PreparedCallback_should : EngineSpec
{
    [Fact]
    public async Task tell_what_it_was_fired_with()
    {
        var client = Client();
        var token = client.PrepareCallback(TestActor, "chunk");
        Assert.Equal("chunk", token.Context);
        Assert.False(token.IsSpent);
        token.Submit(readError: true, writeErrors: 1UL << 63);
        Assert.True(token.IsSpent);
        var result = await ExpectMsgAsync<CopyResult>();
        Assert.Equal((true, 1UL << 63, "chunk"), (result.ReadError, result.WriteErrors, result.Context));
        Assert.Empty(result.Destinations);

        var told = new TaskCompletionSource<(bool, ulong, object?)>();
        client.PrepareCallback((read, write, context) => told.SetResult((read, write, context)), 7).Submit(writeErrors: 5);
        Assert.Equal((false, 5UL, 7), await Soon(told.Task));

        var whole = new TaskCompletionSource<CopyResult>();
        client.PrepareCallback(whole.SetResult, "chunk").Submit(writeErrors: 3);
        result = await Soon(whole.Task);
        Assert.Equal((false, 3UL, "chunk"), (result.ReadError, result.WriteErrors, result.Context));
    }

    [Fact]
    public async Task run_on_the_client_and_never_on_the_stack_that_fires_it()
    {
        var client = Client();
        var (insideSubmit, ranInside) = (false, false);
        var ran = new TaskCompletionSource();
        var token = client.PrepareCallback((_, _, _) =>
        {
            ranInside = insideSubmit;
            ran.SetResult();
        });
        client.PrepareCallback((_, _, _) =>
        {
            insideSubmit = true;
            token.Submit();
            insideSubmit = false;
        }).Submit();
        await Soon(ran.Task);
        Assert.False(ranInside);
    }

    [Fact]
    public async Task refuse_to_be_fired_twice_and_notify_once()
    {
        var client = Client(name: "twice");
        var token = client.PrepareCallback(TestActor);
        token.Submit(writeErrors: 1);
        var error = Assert.Throws<InvalidOperationException>(() => token.Submit(writeErrors: 2));
        Assert.Contains($"Prepared callback {token.Id} of client 'twice' has already been fired", error.Message, StringComparison.Ordinal);
        Assert.Equal(1UL, (await ExpectMsgAsync<CopyResult>()).WriteErrors);
        Assert.Throws<InvalidOperationException>(() => token.Submit());
        Assert.False(token.Abandon());
        await Soon(client.DestroyAsync());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task let_one_of_many_threads_win()
    {
        var client = Client();
        for (var round = 0; round < 200; round++)
        {
            var token = client.PrepareCallback(TestActor, round);
            var refused = 0;
            Parallel.For(0, 4, _ =>
            {
                try
                {
                    token.Submit();
                }
                catch (InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                }
            });
            Assert.Equal(3, refused);
        }
        for (var round = 0; round < 200; round++)
            Assert.Equal(round, (await ExpectMsgAsync<CopyResult>()).Context);
        await Soon(client.DestroyAsync());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task never_notify_once_abandoned_nor_hold_up_destroy()
    {
        var client = Client();
        var token = client.PrepareCallback(TestActor);
        var destroyed = client.DestroyAsync();
        Assert.True(token.Abandon());
        Assert.False(token.Abandon());
        Assert.Contains("abandoned", Assert.Throws<InvalidOperationException>(() => token.Submit()).Message, StringComparison.Ordinal);
        await Soon(destroyed);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task hold_up_destroy_until_it_is_fired_and_be_named_meanwhile()
    {
        var client = Client();
        var token = client.PrepareCallback(TestActor, "chunk 12");
        var destroyed = client.DestroyAsync();
        var status = await Soon(client.GetStatusAsync());
        Assert.True(status.IsClosing);
        Assert.Equal(1, status.OutstandingCallbacks);
        Assert.Equal(new OutstandingCallback(token.Id, "chunk 12"), Assert.Single(status.Callbacks));
        Assert.Contains($"#{token.Id}(chunk 12)", status.ToString(), StringComparison.Ordinal);
        Assert.False(destroyed.IsCompleted);
        token.Submit();
        await Soon(destroyed);
        await ExpectMsgAsync<CopyResult>();
    }

    [Fact]
    public async Task tell_that_the_client_stopped_and_do_nothing_when_fired_after_that()
    {
        var client = Client();
        var token = client.PrepareCallback(TestActor, "late");
        Sys.Stop(client.Actor);
        var result = await ExpectMsgAsync<CopyResult>();
        Assert.Equal((true, ulong.MaxValue, "late"), (result.ReadError, result.WriteErrors, result.Context));
        await Soon(client.DestroyAsync());
        Assert.True(token.IsSpent);
        token.Submit();
        Assert.False(token.Abandon());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task notify_once_when_it_is_fired_while_the_client_is_being_stopped()
    {
        for (var round = 0; round < 100; round++)
        {
            var client = Client();
            var told = 0;
            var tokens = Enumerable.Range(0, 20).Select(_ => client.PrepareCallback((_, _, _) => Interlocked.Increment(ref told))).ToArray();
            var firing = Task.Run(() => Array.ForEach(tokens, token => token.Submit()));
            Sys.Stop(client.Actor);
            await Soon(firing);
            await Soon(client.DestroyAsync());
            await Until(() => Volatile.Read(ref told) >= 20);
            Assert.Equal(20, told);
        }
    }

    [Fact]
    public async Task be_refused_beyond_the_bound_by_the_name_of_the_setting()
    {
        var client = Client(s => s with { MaxPreparedCallbacks = 3 });
        var tokens = Enumerable.Range(0, 3).Select(_ => client.PrepareCallback(TestActor)).ToArray();
        var error = Assert.Throws<KcopydQueueFullException>(() => { client.PrepareCallback(TestActor); });
        Assert.Contains("kcopyd.client.max-prepared-callbacks", error.Message, StringComparison.Ordinal);
        tokens[0].Submit();
        await ExpectMsgAsync<CopyResult>();
        Assert.NotNull(client.PrepareCallback(TestActor));
    }

    [Fact]
    public void be_refused_once_destroy_has_begun()
    {
        var client = Client();
        client.PrepareCallback(TestActor);
        client.DestroyAsync();
        Assert.Throws<KcopydClientClosedException>(() => { client.PrepareCallback(TestActor); });
    }
}
