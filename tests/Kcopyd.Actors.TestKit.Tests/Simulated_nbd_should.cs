using System.Net;
using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

public sealed class Simulated_nbd_should
{
    private const int Size = 1 << 16;

    [Fact]
    public void keep_every_write_through_partitions_and_restarts_of_the_server() => SimulationProcess.RunMany(1, 30, static async world =>
    {
        var disk = BlockDevice.Memory(Size);
        var server = world.AddNode("server", start: node => node.System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Any, 10809)],
            Exports = [new NbdExport("", disk)],
        }.On(node)));
        var client = world.AddNode("client");
        await using var device = await client.System.Kcopyd().OpenNbdDeviceAsync(new NbdUri { Host = "server" }, new NbdClientOptions
        {
            RequestTimeout = TimeSpan.FromSeconds(5),
            ReconnectLimit = TimeSpan.FromMinutes(10),
        }.On(client));

        var model = new byte[Size];
        var trouble = Trouble(world, server, client);
        for (var i = 0; i < 50; i++)
        {
            var data = new byte[512 * world.Random.Next(1, 9)];
            world.Random.NextBytes(data);
            var offset = 512 * world.Random.Next((Size - data.Length) / 512 + 1);
            Assert.Equal(IoResult.Success(data.Length), await device.WriteAsync(offset, data));
            data.CopyTo(model, offset);
            await world.DelayAsync(TimeSpan.FromMilliseconds(world.Random.Next(500)));
        }
        await trouble;
        Assert.True((await device.FlushAsync()).IsSuccess);
        var read = new byte[Size];
        Assert.Equal(IoResult.Success(Size), await device.ReadAsync(0, read));
        Assert.Equal(model, read);
        Assert.Equal(model, disk.Bytes.ToArray());
    });

    private static async Task Trouble(World world, Node server, Node client)
    {
        for (var i = 0; i < 5; i++)
        {
            await world.DelayAsync(TimeSpan.FromSeconds(world.Random.NextDouble() * 5));
            switch (world.Random.Next(4))
            {
                case 0:
                    world.Network.Partition([server], [client]);
                    await world.DelayAsync(TimeSpan.FromSeconds(world.Random.NextDouble() * 20));
                    world.Network.Heal();
                    break;
                case 1:
                    world.Network.ResetConnections(server, client);
                    break;
                case 2:
                    server.Kill();
                    await world.DelayAsync(TimeSpan.FromSeconds(world.Random.NextDouble() * 5));
                    server.Start();
                    break;
                default:
                    server.Freeze();
                    await world.DelayAsync(TimeSpan.FromSeconds(world.Random.NextDouble() * 10));
                    server.Thaw();
                    break;
            }
        }
    }
}
