using Kcopyd.Actors.Nbd;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>The base of the client's specs: fake servers and devices, which are closed at the end of a test.</summary>
public abstract class NbdClientSpec(string config = "") : EngineSpec(config), Xunit.IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
            await Soon(owned.DisposeAsync().AsTask());
    }

    internal FakeServer Serve(Func<FakeConnection, Task> serve, bool isTcp = false)
    {
        var server = new FakeServer(serve, isTcp);
        _owned.Push(server);
        return server;
    }

    /// <summary>A server that negotiates the export and then runs the script.</summary>
    internal FakeServer Serve(FakeExport export, Func<FakeConnection, Task> serve) => Serve(async connection =>
    {
        await connection.NegotiateAsync(export);
        await serve(connection);
    });

    internal async Task<NbdBlockDevice> OpenAsync(FakeServer server, NbdClientOptions? options = null)
    {
        var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri, options));
        _owned.Push(device);
        return device;
    }

    internal Task<NbdException> RefusedAsync(FakeServer server, NbdClientOptions? options = null) =>
        Xunit.Assert.ThrowsAsync<NbdException>(() => Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri, options)));
}
