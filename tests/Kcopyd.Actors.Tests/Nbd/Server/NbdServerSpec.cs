using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Event;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Server;
using Kcopyd.Actors.Tests.Devices;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>The base of the server's specs: a server on a unix socket and its clients, which both end with the test.</summary>
public abstract class NbdServerSpec(string config = "") : EngineSpec(config)
{
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _clients = [];
    private readonly List<NbdServer> _servers = [];

    /// <summary>A path in the test's own folder.</summary>
    protected string InFolder(string name) => _folder[name];

    private protected NbdServer Serve(
        IBlockDevice device, Func<NbdServerOptions, NbdServerOptions>? change = null, Func<NbdServerSettings, NbdServerSettings>? settings = null) =>
        Serve([new NbdExport("", device)], change, settings);

    private protected NbdServer Serve(
        NbdExport[] exports, Func<NbdServerOptions, NbdServerOptions>? change = null, Func<NbdServerSettings, NbdServerSettings>? settings = null)
    {
        _ = Sys.Kcopyd();       // loads the configuration
        var limits = NbdServerSettings.FromConfig(Sys.Settings.Config.GetConfig("kcopyd.nbd.server")) with { HandshakeTimeout = TimeSpan.FromMinutes(10) };
        var options = new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(_folder["socket-" + _servers.Count])],
            Exports = exports,
            Settings = settings is null ? limits : settings(limits),
        };
        var server = Sys.Kcopyd().StartNbdServer(change is null ? options : change(options));
        _servers.Add(server);
        return server;
    }

    private protected async Task<RawClient> ConnectAsync(NbdServer server, EndPoint? endPoint = null)
    {
        var client = await RawClient.ConnectAsync(endPoint ?? server.EndPoints[0]);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that has exchanged greetings with the server.</summary>
    private protected async Task<RawClient> GreetAsync(NbdServer server)
    {
        var client = await ConnectAsync(server);
        await client.GreetAsync();
        return client;
    }

    /// <summary>A client in the transmission phase.</summary>
    private protected async Task<RawClient> UseAsync(NbdServer server, string export = "", bool structured = false)
    {
        var client = await GreetAsync(server);
        if (structured)
            await client.StructuredAsync(export);
        await client.GoAsync(export, Kcopyd.Actors.Nbd.Protocol.NbdInfo.BlockSize);
        return client;
    }

    /// <summary>Waits until no client uses any export. Then none of their requests is in flight.</summary>
    private protected static Task AloneAsync(NbdServer server) => Until(() => server.GetExports().All(static export => export.Connections == 0));

    private protected static ServerCore Core(NbdServer server) => CoreOf(server);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_core")]
    private static extern ref ServerCore CoreOf(NbdServer server);

    /// <summary>Collects every error of an actor from now on, including restarts.</summary>
    private protected System.Collections.Concurrent.ConcurrentQueue<Error> Errors()
    {
        var errors = new System.Collections.Concurrent.ConcurrentQueue<Error>();
        Sys.EventStream.Subscribe(Sys.ActorOf(Akka.Actor.Props.Create(() => new ErrorSink(errors))), typeof(Error));
        return errors;
    }

    protected override void AfterAll()
    {
        _clients.ForEach(static client => client.Dispose());
        base.AfterAll();
        _folder.Dispose();
    }

    private sealed class ErrorSink : Akka.Actor.ReceiveActor
    {
        public ErrorSink(System.Collections.Concurrent.ConcurrentQueue<Error> errors) => Receive<Error>(errors.Enqueue);
    }
}
