using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Server;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Removed_exports_should : NbdServerSpec
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task not_be_entered_by_a_client_that_has_agreed_on_them_before(bool hasSuccessor)
    {
        var (removed, successor) = (BlockDevice.Memory(4096), BlockDevice.Memory(8192));
        var server = Serve([new("a", removed)]);
        var client = await GreetAsync(server);
        var connection = (IInternalActorRef)await Soon(Sys.ActorSelection(server.Actor.Path / "connection-0").ResolveOne(RawClient.Limit));
        connection.Suspend();       // it does not receive the result of the negotiation yet
        await client.SendAsync(new Packet().Option(NbdOption.Go, Packet.Go("a")).Request(NbdCommand.Write, 1, 0, 3).Raw([1, 2, 3]));
        Assert.Equal(NbdOptionReply.Ack, (await client.RepliesAsync(NbdOption.Go))[^1].Type);

        Assert.True(await Soon(server.RemoveExportAsync("a")));        // from here on, no request of a client is in the device, and none will be
        if (hasSuccessor)
            server.AddExport(new NbdExport("a", successor));
        connection.Resume();
        await client.EndsAsync();
        Assert.All(removed.Bytes.ToArray().Concat(successor.Bytes.ToArray()), each => Assert.Equal(0, each));
        await AloneAsync(server);
        if (!hasSuccessor)
            return;
        var newcomer = await UseAsync(server, "a");
        Assert.Equal(NbdError.None, await newcomer.WriteAsync(8191, [9]));
    }

    [Fact]
    public void let_nobody_enter_and_be_drained_when_all_have_left()
    {
        var export = new ExportCore(new NbdExport("a", BlockDevice.Memory(4096)), Completions.OnPool);
        Assert.True(export.TryEnter());
        export.Close();
        Assert.False(export.TryEnter());
        Assert.False(export.Drained.IsSet);
        export.Leave(isQuiet: true);
        Assert.True(export.Drained.IsSet);
        Assert.False(export.TryEnter());
    }
}
