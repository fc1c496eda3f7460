using System.Net;
using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Nbd;

/// <summary>The server and the client do not depend on sockets: another network can replace them.</summary>
public sealed class Transports_should
{
    private const int Size = 1 << 20;
    private const int Seeds = 20;

    private static readonly NbdUri Uri = new() { Host = "server" };

    [Fact]
    public void carry_reads_and_writes_between_a_server_and_a_client_without_a_socket() => Run(async (world, server, client) =>
    {
        var disk = BlockDevice.Memory(Size);
        Serve(server, disk);
        await using var device = await OpenAsync(client);
        var data = new byte[300 << 10];
        world.Random.NextBytes(data);
        Assert.Equal(IoResult.Success(data.Length), await device.WriteAsync(4096, data));
        var read = new byte[Size];
        Assert.Equal(IoResult.Success(Size), await device.ReadAsync(0, read));
        Assert.Equal(disk.Bytes.ToArray(), read);
        Assert.Equal(data, read[4096..(4096 + data.Length)]);
        Assert.True(world.Network.BytesArrived > data.Length + Size);
    });

    [Fact]
    public void tell_a_client_that_nobody_listens() => Run(static async (_, _, client) =>
    {
        var refused = await Assert.ThrowsAsync<NbdException>(() => OpenAsync(client));
        Assert.Equal(NbdFailure.Unreachable, refused.Reason);
    });

    [Fact]
    public void end_in_order_when_the_server_stops() => Run(static async (_, server, client) =>
    {
        var serving = Serve(server, BlockDevice.Memory(Size));
        await using var device = await OpenAsync(client);
        await serving.StopAsync();
        Assert.Equal(IoError.NoDevice, (await device.ReadAsync(0, new byte[512])).Error);
    });

    private static void Run(Func<World, Node, Node, Task> test) =>
        Simulation.RunMany(1, Seeds, world => test(world, world.AddNode("server"), world.AddNode("client")));

    private static NbdServer Serve(Node node, IBlockDevice disk) => node.System.Kcopyd().StartNbdServer(new NbdServerOptions
    {
        EndPoints = [new IPEndPoint(IPAddress.Any, 10809)],
        Exports = [new NbdExport("", disk)],
    }.On(node));

    private static Task<NbdBlockDevice> OpenAsync(Node node) =>
        node.System.Kcopyd().OpenNbdDeviceAsync(Uri, new NbdClientOptions { ReconnectLimit = TimeSpan.Zero }.On(node));
}
