using Akka.Actor;
using Akka.TestKit.Xunit2;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Client_should : TestKit
{
    [Fact]
    public async Task copy_a_region_to_every_destination()
    {
        var client = Sys.CreateKcopydClient();
        var source = BlockDevice.Memory(3 << 20);
        new Random(1).NextBytes(source.Bytes);
        var mirrors = Enumerable.Range(0, 3).Select(_ => BlockDevice.Memory(3 << 20)).ToArray();
        var result = await client.CopyAsync(source.Whole(), [.. mirrors.Select(m => m.Whole())]);
        Assert.True(result.IsSuccess, result.ToString());
        foreach (var mirror in mirrors)
            Assert.True(source.Bytes.SequenceEqual(mirror.Bytes));
        await client.DestroyAsync();
    }
}
