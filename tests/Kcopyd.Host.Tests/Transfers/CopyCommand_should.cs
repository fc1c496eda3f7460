using System.Text.Json;
using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class CopyCommand_should : CommandSpec
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(4096)]
    [InlineData(1_500_001)]
    public async Task make_new_files_of_exactly_the_sources_length(int length)
    {
        var source = Folder.Random("source", length);
        var outcome = await RunAsync("copy", source, Folder["a"], Folder["b"], "--verify");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("a: ", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal(Folder.Read("source"), Folder.Read("b"));
    }

    [Fact]
    public async Task overwrite_in_place_and_not_truncate()
    {
        var source = Folder.Random("source", 10_000);
        var old = Folder.Random("old", 30_001, seed: 2);
        byte[] wanted = [.. Folder.Read("source"), .. Folder.Read("old").Skip(10_000)];
        var outcome = await RunAsync("copy", source, old, "--overwrite");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"{old}: 9.8 KiB, ok; the 20001 bytes behind it stay as they were", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(wanted, Folder.Read("old"));
    }

    [Fact]
    public async Task truncate_when_asked()
    {
        var source = Folder.Random("source", 10_000);
        var old = Folder.Random("old", 30_001, seed: 2);
        Assert.Equal(0, (await RunAsync("copy", source, old, "--truncate")).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("old"));
    }

    [Fact]
    public async Task copy_a_region_into_a_region_and_grow_the_file()
    {
        var source = Folder.Random("source", 100_000);
        var old = Folder.Random("old", 2000, seed: 2);
        byte[] wanted = [.. Folder.Read("old").Take(1024), .. Folder.Read("source").AsSpan(4096, 8192)];
        Assert.Equal(0, (await RunAsync("copy", "@4K+8K:" + source, "@1K+8K:" + old)).ExitCode);
        Assert.Equal(wanted, Folder.Read("old"));
    }

    [Fact]
    public async Task set_the_bit_of_what_fails_and_finish_the_others_with_ignore_errors()
    {
        var source = Folder.Random("source", 3_000_001);
        var outcome = await RunAsync("copy", source, Folder["a"], "/dev/full", Folder["b"], "/dev/null", "--ignore-errors", "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("/dev/full: write failed", outcome.Error, StringComparison.Ordinal);
        var json = outcome.Json;
        Assert.False(json.GetProperty("readError").GetBoolean());
        Assert.Equal(0b0010UL, outcome.WriteErrors);
        Assert.Equal(3_000_001, json.GetProperty("bytes").GetInt64());
        Assert.True(json.GetProperty("seconds").GetDouble() >= 0);
        Assert.Equal(0, json.GetProperty("unreadable").GetArrayLength());
        var destinations = json.GetProperty("destinations");
        Assert.Equal([Folder["a"], "/dev/full", Folder["b"], "/dev/null"], destinations.EnumerateArray().Select(d => d.GetProperty("path").GetString()));
        Assert.Equal([3_000_001, 0, 3_000_001, 3_000_001], destinations.EnumerateArray().Select(d => d.GetProperty("bytes").GetInt64()));
        Assert.Equal("errors", json.GetProperty("verdict").GetString());
        Assert.Equal((28, 0), (destinations[1].GetProperty("errno").GetInt32(), destinations[1].GetProperty("sector").GetInt32()));
        Assert.Equal([JsonValueKind.Null, JsonValueKind.String, JsonValueKind.Null, JsonValueKind.Null],
            destinations.EnumerateArray().Select(d => d.GetProperty("error").ValueKind));
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal(Folder.Read("source"), Folder.Read("b"));
    }

    [Fact]
    public async Task say_of_each_destination_that_it_is_not_whole_when_an_error_stopped_the_copy()
    {
        var source = Folder.Random("source", 40 << 20);
        var outcome = await RunAsync("copy", source, Folder["a"], "/dev/full", "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(0b10UL, outcome.WriteErrors);
        Assert.Contains($"{Folder["a"]}: incomplete", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("incomplete", outcome.Json.GetProperty("destinations")[0].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task report_a_source_that_ends_before_its_region_and_write_no_zeroes_for_it()
    {
        // A read of /dev/null returns the end of the device.
        var outcome = await RunAsync("copy", "/dev/null@0+4K", Folder["a"], "--ignore-errors", "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.True(outcome.Json.GetProperty("readError").GetBoolean());
        Assert.Empty(outcome.Json.GetProperty("unreadable").EnumerateArray());
        Assert.Contains("/dev/null: read failed at sector 0: the device ended before the transfer was whole", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Folder["a"]));
    }

    [Fact]
    public async Task write_to_sixty_four_destinations_and_refuse_one_more()
    {
        var source = Folder.Random("source", 5000);
        var sinks = Enumerable.Repeat("/dev/null", 63).ToArray();
        var outcome = await RunAsync(["copy", source, .. sinks, "/dev/full", "--ignore-errors", "--json"]);
        Assert.Equal(1UL << 63, outcome.WriteErrors);
        Assert.Equal(2, (await RunAsync(["copy", source, .. sinks, "/dev/null", "/dev/null"])).ExitCode);
    }

    [Fact]
    public async Task hold_its_rate()
    {
        var source = Folder.Random("source", 3 << 20);
        var outcome = await RunAsync("copy", source, Folder["a"], "--rate", "6M", "--subjob", "64K", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.True(outcome.Json.GetProperty("seconds").GetDouble() > 0.3, outcome.Out);
    }

    [Theory]
    [InlineData("--sequential")]
    [InlineData("--throttle", "90")]
    [InlineData("--io", "buffered")]
    [InlineData("--progress", "plain")]
    public async Task copy_with_every_option(params string[] options)
    {
        var source = Folder.Random("source", 2_000_000);
        Assert.Equal(0, (await RunAsync(["copy", source, Folder["a"], .. options])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
    }
}
