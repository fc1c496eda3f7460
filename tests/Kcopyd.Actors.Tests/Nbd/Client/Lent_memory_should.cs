using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Actors.Tests.Nbd.Transport;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>A long payload is sent from the caller's own memory, which the caller may reuse once the request is completed.</summary>
public sealed class Lent_memory_should : NbdClientSpec
{
    private const long ReadCookie = 1L << 32 | 0, WriteCookie = 1L << 32 | 1;     // first uses of the first two slots

    private readonly HeldStream _stream = new();
    private readonly FakeServer _silent;
    private readonly NbdLink _link;
    private readonly NbdClientCore _core;
    private readonly Task<IoResult> _read, _write;

    public Lent_memory_should() : base(VirtualTime)
    {
        _ = Sys.Kcopyd();
        _silent = Serve(static connection => Task.Delay(Timeout.Infinite, connection.Ended));     // the test gives the device its connection
        var terms = new NbdTerms { Length = 1 << 20, Flags = TransmissionFlags.HasFlags };
        _link = new NbdLink(new Wire(new StreamConnection(_stream)), terms, 4);
        var connector = new NbdConnector(_silent.Uri, new NbdClientOptions { ReconnectLimit = TimeSpan.Zero }, Sys.Scheduler, Completions.OnPool);
        _core = new NbdClientCore(connector, new Elsewhere(Sys.Dispatchers.DefaultGlobalDispatcher.Schedule, Completions.OnPool)) { Terms = terms };
        _core.Actor = Sys.ActorOf(NbdClientActor.Props(_core));
        _core.Actor.Tell(new ServerFound(_link), ActorRefs.NoSender);
        _read = _core.Submit(NbdCommand.Read, CommandFlags.None, 0, 1, new byte[1]).AsTask();
        _write = _core.Submit(NbdCommand.Write, CommandFlags.None, 0, 1 << 20, new byte[1 << 20]).AsTask();
    }

    [Fact]
    public async Task be_lent_while_the_stream_writes_from_it_though_the_server_has_refused_it_already()
    {
        await Soon(_stream.HeldAsync());
        await _stream.ReplyAsync([.. Simple(WriteCookie, NbdError.NoSpace), .. Simple(ReadCookie, NbdError.None), 7]);
        Assert.Equal(IoResult.Success(1), await Soon(_read));
        Assert.False(_write.IsCompleted);
        _stream.Release();
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await Soon(_write));
    }

    [Fact]
    public async Task be_lent_while_the_stream_writes_from_it_though_the_connection_is_lost()
    {
        await Soon(_stream.HeldAsync());
        _stream.Hangup();
        Assert.Equal(IoResult.Failure(IoError.NoDevice), await Soon(_read));
        Assert.False(_write.IsCompleted);
        _stream.Release();
        Assert.Equal(IoResult.Failure(IoError.NoDevice), await Soon(_write));
    }

    [Fact]
    public async Task be_lent_while_the_stream_writes_from_it_though_the_device_is_closed()
    {
        await Soon(_stream.HeldAsync());
        _core.Actor.Tell(CloseDevice.Instance);
        await HandledAsync();
        Assert.False(_write.IsCompleted);
        _stream.Release();
        Assert.Equal(IoResult.Failure(IoError.Closed), await Soon(_write));
        await Soon(_core.Stopped.Task);
    }

    [Fact]
    public async Task be_lent_while_the_stream_writes_from_it_and_the_device_is_not_kept_from_closing_by_that()
    {
        await Soon(_stream.HeldAsync());
        _core.Actor.Tell(CloseDevice.Instance);
        Assert.Equal(IoResult.Failure(IoError.Closed), await Soon(_read));
        await HandledAsync();
        Assert.False(_core.Stopped.Task.IsCompleted);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        await Soon(_core.Stopped.Task);
        Assert.False(_write.IsCompleted);
        _stream.Release();
        Assert.Equal(IoResult.Failure(IoError.Closed), await Soon(_write));
    }

    [Fact]
    public async Task be_lent_while_the_stream_writes_from_it_though_the_actor_is_stopped()
    {
        await Soon(_stream.HeldAsync());
        Sys.Stop(_core.Actor);
        await Soon(_core.Stopped.Task);
        Assert.Equal(IoResult.Failure(IoError.Closed), await Soon(_read));
        Assert.False(_write.IsCompleted);
        _stream.Release();
        Assert.Equal(IoResult.Failure(IoError.Closed), await Soon(_write));
    }

    // The actor has processed all earlier messages.
    private Task<ActorIdentity> HandledAsync() => Soon(_core.Actor.Ask<ActorIdentity>(new Identify(null)));

    private static byte[] Simple(long cookie, NbdError error) =>
        [.. FakeConnection.U32(NbdNumbers.SimpleReplyMagic), .. FakeConnection.U32((uint)error), .. FakeConnection.U64((ulong)cookie)];
}
