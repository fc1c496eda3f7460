using Kcopyd.Host.Tests.Transfers;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

/// <summary>Partitions of one disk; these specs use loop devices with an offset.</summary>
public sealed class Served_partitions_should : ServeSpec
{
    [SkippableFact]
    public async Task be_devices_of_their_own_although_they_are_on_the_same_disk()
    {
        var image = Folder.Random("disk", 4 << 20);
        var bytes = Folder.Read("disk");
        using var one = LoopDisk.Attach(image, 512, "--offset", "0", "--sizelimit", "1M");
        using var other = LoopDisk.Attach(image, 512, "--offset", "2M", "--sizelimit", "1M");
        await using var served = await ServeAsync(
            "--export", $"one={one.Path}", "--export", $"other={other.Path}", "--read-only", "--io", "buffered", "--listen", $"unix:{Socket}");
        foreach (var (name, offset) in new[] { ("one", 0), ("other", 2 << 20) })
        {
            await using var client = await TinyClient.ConnectAsync(Socket, name);
            Assert.Equal(bytes[offset..(offset + 4096)], await client.ReadAsync(0, 4096));
        }
    }

    [SkippableFact]
    public async Task be_refused_where_a_write_to_one_would_go_past_the_snapshots_of_an_origin_that_it_overlaps()
    {
        var image = Folder.Random("disk", 4 << 20);
        using var origin = LoopDisk.Attach(image, 512, "--offset", "0", "--sizelimit", "1M");
        using var across = LoopDisk.Attach(image, 512, "--offset", "512K", "--sizelimit", "1M");
        Assert.Equal(0, (await RunAsync("snapshot", "create", origin.Path, Folder["cow"], "--size", "1M")).ExitCode);
        await using var served = new Served(
            ["--snapshot", $"{origin.Path},{Folder["cow"]}", "--export", $"across={across.Path}", "--listen", $"unix:{Socket}"]);
        var refused = await Assert.ThrowsAnyAsync<Exception>(served.ReadyAsync);
        Assert.Contains($"--export '{across.Path}' shares storage with ORIGIN '{origin.Path}', which has snapshots", refused.Message, StringComparison.Ordinal);
    }
}
