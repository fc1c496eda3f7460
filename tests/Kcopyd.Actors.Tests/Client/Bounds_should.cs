using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Bounds_should : EngineSpec
{
    [Fact]
    public async Task refuse_one_job_too_many_by_the_name_of_the_setting_and_take_it_later()
    {
        var client = Client(s => s with { MaxJobs = 3 }, name: "small");
        var source = Random(Piece).WithStall();
        for (var i = 0; i < 3; i++)
            client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, TestActor);
        var error = Assert.Throws<KcopydQueueFullException>(() => { client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, TestActor); });
        Assert.Contains("Client 'small': 3 jobs are waiting or running", error.Message, StringComparison.Ordinal);
        Assert.Contains("kcopyd.client.max-jobs", error.Message, StringComparison.Ordinal);
        await Soon(source.WaitingAsync());
        source.ReleaseOne();
        await ExpectMsgAsync<CopyResult>();
        client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, TestActor);
        source.Release();
        for (var i = 0; i < 3; i++)
            await ExpectMsgAsync<CopyResult>();
        await Soon(client.DestroyAsync());
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task leave_room_for_the_next_job_in_the_callback_of_the_last()
    {
        var client = Client(s => s with { MaxJobs = 1 });
        var source = Random(Piece);
        var rounds = 0;
        var done = new TaskCompletionSource();
        void Next(bool readError, ulong writeErrors, object? context)
        {
            if (++rounds == 100)
                done.SetResult();
            else
                client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, Next);
        }
        client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, Next);
        await Soon(done.Task);
    }
}
