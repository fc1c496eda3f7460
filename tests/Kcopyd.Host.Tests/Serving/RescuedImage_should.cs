using Kcopyd.Actors;
using Kcopyd.Actors.Faults;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class RescuedImage_should : ServeSpec
{
    private const string Header = "0x00000000     +               1\n";

    [Fact]
    public async Task answer_an_error_where_its_map_does_not_say_finished_and_be_repaired_by_writes()
    {
        var map = Map("0x00000000 0x00001000 +\n0x00001000 0x00000400 -\n0x00001400 0x00002C00 +\n");
        var store = new MapfileStore(map);
        await store.CheckAsync();
        var image = BlockDevice.Memory(0x5000);
        image.Bytes.Fill(7);
        await using var rescued = new RescuedImage(image, store.Load(), store);
        Assert.Equal(IoResult.Success(0x1000), await rescued.ReadAsync(0, new byte[0x2000]));       // up to the bad part
        Assert.Equal(IoResult.Failure(IoError.Io), await rescued.ReadAsync(0x1000, new byte[512]));
        Assert.Equal(IoResult.Failure(IoError.Io), await rescued.ReadAsync(0x1200, new byte[0x1000]));
        Assert.Equal(IoResult.Success(0x1000), await rescued.ReadAsync(0x1400, new byte[0x1000]));
        Assert.Equal(IoResult.Failure(IoError.Io), await rescued.ReadAsync(0x4000, new byte[512]));     // beyond the map
        Assert.Equal(IoResult.Success(0x300), await rescued.WriteAsync(0xE00, new byte[0x300]));
        Assert.Equal(IoResult.Success(0x100), await rescued.ReadAsync(0x1000, new byte[0x200]));
        Assert.DoesNotContain("0x00001100", await File.ReadAllTextAsync(map), StringComparison.Ordinal);    // not before the flush
        Assert.True((await rescued.FlushAsync()).IsSuccess);
        Assert.Equal(["0x00000000  0x00001100  +", "0x00001100  0x00000300  -", "0x00001400  0x00002C00  +"],
            (await File.ReadAllLinesAsync(map)).Where(static line => line.StartsWith("0x", StringComparison.Ordinal)).Skip(1));
        Assert.Equal(IoResult.Success(0x300), await rescued.WriteZeroesAsync(0x1100, 0x300));
        Assert.Equal(IoResult.Success(0x4000), await rescued.ReadAsync(0, new byte[0x4000]));
    }

    [Fact]
    public async Task keep_a_repair_out_of_the_map_whose_flush_failed()
    {
        var map = Map("0x00000000 0x00001000 -\n");
        var store = new MapfileStore(map);
        await store.CheckAsync();
        var image = BlockDevice.Memory(0x1000).WithFlushError();
        await using var rescued = new RescuedImage(image, store.Load(), store);
        await rescued.WriteAsync(0, new byte[0x1000]);
        Assert.False((await rescued.FlushAsync()).IsSuccess);
        Assert.Contains("0x00001000 -", (await File.ReadAllTextAsync(map)).Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(IoResult.Success(0x1000), await rescued.ReadAsync(0, new byte[0x1000]));
    }

    [Fact]
    public async Task answer_reads_of_a_repair_while_it_is_flushed()
    {
        var store = new MapfileStore(Map("0x00000000 0x00001000 -\n"));
        await store.CheckAsync();
        var image = BlockDevice.Memory(0x1000).WithStall(IoOperations.Flush);
        await using var rescued = new RescuedImage(image, store.Load(), store);
        await rescued.WriteAsync(0, new byte[0x800]);
        var flush = rescued.FlushAsync();
        await image.WaitingAsync();
        Assert.Equal(IoResult.Success(0x800), await rescued.ReadAsync(0, new byte[0x1000]));
        await rescued.WriteAsync(0x800, new byte[0x400]);       // not covered by this flush
        image.Release();
        Assert.True((await flush).IsSuccess);
        Assert.Contains("0x00000800  0x00000800  -", await File.ReadAllTextAsync(store.Path), StringComparison.Ordinal);
        Assert.Equal(IoResult.Success(0xC00), await rescued.ReadAsync(0, new byte[0x1000]));
    }

    [Fact]
    public async Task save_a_repair_with_the_next_flush_when_the_map_could_not_be_saved()
    {
        Directory.CreateDirectory(Folder["maps"]);
        var path = Folder["maps/map"];
        File.Move(Map("0x00000000 0x00001000 -\n"), path);
        var store = new MapfileStore(path);
        await store.CheckAsync();
        await using var rescued = new RescuedImage(BlockDevice.Memory(0x1000), store.Load(), store);
        await rescued.WriteAsync(0, new byte[0x1000]);
        Directory.Move(Folder["maps"], Folder["away"]);
        Assert.Equal(IoError.Io, (await rescued.FlushAsync()).Error);
        Directory.Move(Folder["away"], Folder["maps"]);
        Assert.True((await rescued.FlushAsync()).IsSuccess);
        Assert.Contains("0x00001000  +", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task be_served_with_its_map()
    {
        var image = Folder.Random("image", 0x2000);
        var map = Map("0x00000000 0x00001000 +\n0x00001000 0x00001000 -\n");
        await using (await ServeAsync(image, "--mapfile", map, "--listen", $"unix:{Socket}"))
        {
            var uri = $"nbd+unix:///?socket={Socket}";
            Assert.Equal(ExitCodes.Errors, (await RunAsync("copy", uri, Folder["copy"], "--json")).ExitCode);
            Assert.Equal(ExitCodes.Success, (await RunAsync("zero", $"@4K+4K:{uri}", "--force", "--json")).ExitCode);
        }
        Assert.DoesNotContain("-", string.Concat((await File.ReadAllLinesAsync(map)).Where(static line => !line.StartsWith('#'))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one FILE", "image", "other", "--mapfile", "map")]
    [InlineData("does not exist", "image", "--mapfile", "missing")]
    [InlineData("itself", "image", "--mapfile", "image")]
    [InlineData("is not a ddrescue map file", "image", "--mapfile", "other")]
    public async Task be_refused_with_a_map_that_is_none_of_it(string message, params string[] args)
    {
        Folder.Random("image", 0x2000);
        Folder.Random("other", 0x2000);
        Map("0x00000000 0x00001000 +\n");
        var outcome = await RunAsync(["serve", "--listen", $"unix:{Socket}", .. args.Select(word => word[0] == '-' ? word : Folder[word])]);
        Assert.Equal(ExitCodes.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private string Map(string blocks) => Folder.Write("map", System.Text.Encoding.ASCII.GetBytes(Header + blocks));
}
