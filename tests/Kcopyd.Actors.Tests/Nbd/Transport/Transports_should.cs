using System.Net.Sockets;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Nbd.Server;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Transport;

/// <summary>The server and the client do not depend on sockets: another network can replace them.</summary>
public sealed class Transports_should : NbdServerSpec
{
    // A socket cannot be created there.
    private const string Address = "/no/such/folder/socket";

    private readonly MemoryNetwork _network = new();

    [Fact]
    public async Task carry_reads_and_writes_between_a_server_and_a_client_without_a_socket()
    {
        await using var disk = Random(1 << 20);
        await using var server = ServeInMemory(disk);
        await using var device = await OpenAsync();
        var data = Bytes.Random(300 << 10, seed: 7);
        Assert.Equal(IoResult.Success(data.Length), await Soon(device.WriteAsync(4096, data).AsTask()));
        var read = new byte[1 << 20];
        Assert.Equal(IoResult.Success(read.Length), await Soon(device.ReadAsync(0, read).AsTask()));
        Assert.Equal(disk.Bytes.ToArray(), read);
        Assert.Equal(data, read[4096..(4096 + data.Length)]);
        Assert.True(_network.Connections.Sum(static connection => connection.Sent) > data.Length);
    }

    [Fact]
    public async Task tell_a_client_that_nobody_listens()
    {
        var refused = await Assert.ThrowsAsync<NbdException>(OpenAsync);
        Assert.Equal(NbdFailure.Unreachable, refused.Reason);
    }

    [Fact]
    public async Task end_in_order_when_the_server_stops()
    {
        await using var disk = BlockDevice.Memory(1 << 20);
        await using var server = ServeInMemory(disk);
        await using var device = await OpenAsync();
        await Soon(server.StopAsync());
        Assert.Equal(IoError.NoDevice, (await Soon(device.ReadAsync(0, new byte[512]).AsTask())).Error);
    }

    private NbdServer ServeInMemory(IBlockDevice disk) =>
        Serve(disk, options => options with { EndPoints = [new UnixDomainSocketEndPoint(Address)], Transport = _network });

    private Task<NbdBlockDevice> OpenAsync() =>
        Soon(Sys.Kcopyd().OpenNbdDeviceAsync(NbdUri.Parse("nbd+unix:///?socket=" + Address),
            new NbdClientOptions { Transport = _network, ReconnectLimit = TimeSpan.Zero }));
}
