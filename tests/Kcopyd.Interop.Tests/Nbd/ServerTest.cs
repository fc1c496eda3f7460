using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>The base of tests in which programs of other projects use our server.</summary>
public abstract class ServerTest : IAsyncLifetime
{
    protected const int MiB = 1 << 20;

    private readonly Stack<IAsyncDisposable> _owned = new();

    private protected TempFolder Folder { get; } = new();

    private protected ActorSystem System { get; } = ActorSystem.Create("server", "akka.loglevel = WARNING");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        try
        {
            while (_owned.TryPop(out var owned))
                await owned.DisposeAsync();
        }
        finally
        {
            await System.Terminate();
            Folder.Dispose();
        }
    }

    /// <summary>Registers an object that is disposed with the test, in reverse order.</summary>
    private protected T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>Serves devices on a Unix socket, the first under the empty name.</summary>
    /// <returns>The path of the socket.</returns>
    private protected string Serve(IBlockDevice device, NbdTls? tls = null, params IEnumerable<NbdExport> more)
    {
        var socket = Folder[$"{_owned.Count}.sock"];
        Own(System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            Exports = [new NbdExport("", device) { Description = "the first" }, .. more],
            Tls = tls,
        }));
        return socket;
    }

    /// <summary>Serves a device on a free port of the loopback interface.</summary>
    private protected int ServePort(IBlockDevice device)
    {
        var server = Own(System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)],
            Exports = [new NbdExport("", device)],
        }));
        return ((IPEndPoint)server.EndPoints[0]).Port;
    }

    /// <summary>An empty device of the given kind.</summary>
    private protected async Task<IBlockDevice> DeviceAsync(string kind, long length) => kind switch
    {
        "memory" => Own(BlockDevice.Memory((int)length)),
        "file" => Own(BlockDevice.Open(Folder["device.img"], new() { Create = true, Length = length })),
        "snapshot" => await SnapshotAsync(length),
        _ => throw new ArgumentException(kind),
    };

    private async Task<IBlockDevice> SnapshotAsync(long length)
    {
        var origin = Own(System.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(Folder["origin.img"], new() { Create = true, Length = length })));
        var cow = BlockDevice.Open(Folder["cow.img"], new() { Create = true, Length = length + length / 8 });
        return Own(await origin.OpenSnapshotAsync(cow, new SnapshotOptions { ChunkSize = 4096 }));
    }

    private protected static string Uri(string socket, string export = "") => $"nbd+unix:///{export}?socket={socket}";

    /// <summary>Runs a program that must succeed.</summary>
    private protected static Task<string> RunAsync(string program, params IEnumerable<string> arguments) => Tool.OutputAsync(program, arguments);

    private protected string RandomFile(string name, int length, int seed = 7)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(Folder[name], bytes);
        return Folder[name];
    }

    /// <summary>Reads the device directly, not through a server, into a file.</summary>
    private protected async Task<string> ContentAsync(IBlockDevice device, string name = "content")
    {
        var bytes = new byte[device.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.ReadAsync(done, bytes.AsMemory(done));
            Assert.True(result is { IsSuccess: true, Bytes: > 0 }, result.ToString());
            done += (int)result.Bytes;
        }
        await File.WriteAllBytesAsync(Folder[name], bytes);
        return Folder[name];
    }
}
