using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>Data that a slip must not destroy.</summary>
public sealed class Overwriting_should : CommandSpec
{
    [Fact]
    public async Task need_a_word_for_a_file_that_holds_something_so_that_a_forgotten_destination_destroys_nothing()
    {
        var files = new[] { "a.img", "b.img", "c.img" }.Select((name, i) => Folder.Random(name, 10_000, seed: i)).ToArray();
        var before = files.Select(File.ReadAllBytes).ToArray();
        var outcome = await RunAsync(["copy", .. files]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"DEST 1 '{files[1]}' exists and holds 9.8 KiB. To overwrite it in place: --overwrite", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, files.Select(File.ReadAllBytes));
    }

    [Theory]
    [InlineData("--overwrite")]
    [InlineData("--truncate")]
    public async Task be_done_when_it_is_asked_for(string option)
    {
        var (source, old) = (Folder.Random("source", 10_000), Folder.Random("old", 10_000, seed: 2));
        Assert.Equal(0, (await RunAsync("copy", source, old, option)).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("old"));
    }

    [Fact]
    public async Task need_no_word_for_files_that_hold_nothing()
    {
        var source = Folder.Random("source", 10_000);
        Folder.Write("empty", []);
        using (var hole = File.Create(Folder["hole"]))
            hole.SetLength(1 << 20);
        Assert.Equal(0, (await RunAsync("copy", source, Folder["empty"], Folder["hole"])).ExitCode);
        Assert.Equal(Folder.Read("source"), Folder.Read("empty"));
    }

    [Fact]
    public async Task need_no_word_where_a_region_or_a_map_says_what_is_meant()
    {
        var (source, old) = (Folder.Random("source", 10_000), Folder.Random("old", 30_000, seed: 2));
        Assert.Equal(0, (await RunAsync("copy", source, "@16K:" + old)).ExitCode);
        Assert.Equal(0, (await RunAsync("copy", source, Folder["new"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(0, (await RunAsync("copy", source, Folder["new"], "--mapfile", Folder["map"])).ExitCode);
        Assert.Equal(2, (await RunAsync("copy", source, "@0:" + old)).ExitCode);     // names the whole file, not a region of it
    }

    [Fact]
    public async Task be_shown_by_a_dry_run_that_changes_nothing()
    {
        var (source, old) = (Folder.Random("source", 10_000), Folder.Random("old", 2000, seed: 2));
        var outcome = await RunAsync("copy", source, old, Folder["new"], "/dev/null", "--overwrite", "--dry-run");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal($"""
            would copy 10000 bytes (9.8 KiB)
              from {source}: a file of 10000 bytes
              to   {old}: a file of 2000 bytes, overwritten and grown to 10000 bytes
              to   {Folder["new"]}: a new file, created
              to   /dev/null: a character device, written

            """, outcome.Out);
        Assert.Equal(2000, Folder.Read("old").Length);
        Assert.Equal(["old", "source"], Folder.Names);

        var json = (await RunAsync("copy", source, "@1K:" + old, "--dry-run", "--json")).Json;
        Assert.Equal((10_000, "file", 1024, "overwritten and grown to 11024 bytes"),
            (json.GetProperty("bytes").GetInt32(), json.GetProperty("destinations")[0].GetProperty("kind").GetString(),
                json.GetProperty("destinations")[0].GetProperty("offset").GetInt32(), json.GetProperty("destinations")[0].GetProperty("effect").GetString()));
        Assert.Equal(2, (await RunAsync("copy", source, old, "--dry-run")).ExitCode);
    }

    [SkippableTheory]
    [InlineData("mkfs.ext4", "a file system of type ext4 labelled 'precious'", "-q", "-L", "precious", "{image}")]
    [InlineData("mkswap", "a signature of type swap labelled 'precious'", "-L", "precious", "{image}")]
    public async Task name_what_an_image_carries_before_it_goes(string program, string named, params string[] args)
    {
        Tool.Need("blkid", "util-linux");
        Tool.Need(program, program == "mkswap" ? "util-linux" : "e2fsprogs");
        var image = Folder.Write("image", new byte[8 << 20]);
        Tool.Run(program, [.. args.Select(argument => argument.Replace("{image}", image, StringComparison.Ordinal))]);
        var source = Folder.Random("source", 8 << 20);
        var outcome = await RunAsync("copy", source, image, "--overwrite");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal($"kcopyd: warning: DEST '{image}' holds {named}, which is overwritten.{Environment.NewLine}", outcome.Error);
        Assert.Equal(Folder.Read("source"), Folder.Read("image"));
    }

    [Fact]
    public async Task leave_of_a_new_file_what_was_written_when_the_copy_stops_early()
    {
        var source = Folder.Random("source", 40 << 20);
        var outcome = await RunAsync("copy", source, Folder["a"], "/dev/full", "--json");
        Assert.Equal(1, outcome.ExitCode);
        var left = Folder.Read("a");
        Assert.InRange(left.Length, 1, (40 << 20) - 1);
        Assert.Equal(Folder.Read("source")[..left.Length], left);
    }

    [Fact]
    public async Task leave_nothing_of_a_new_file_into_which_nothing_was_written_and_an_old_one_as_long_as_it_was()
    {
        Folder.Random("old", 1000, seed: 2);
        var outcome = await RunAsync("copy", "/dev/null@0+64K", Folder["new"], "@512:" + Folder["old"]);     // /dev/null ends before it begins
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(["old"], Folder.Names);
        Assert.Equal(1000, Folder.Read("old").Length);
    }

    [Theory]
    [InlineData("600", "600")]
    [InlineData("640", "640")]
    [InlineData("444", "644")]     // its creator can write to it
    public async Task keep_a_new_file_from_those_who_may_not_read_the_source(string mode, string expected)
    {
        var source = Folder.Random("source", 10_000);
        Tool.Run("chmod", mode, source);
        Assert.Equal(0, (await RunAsync("copy", source, Folder["new"])).ExitCode);
        Assert.Equal(expected, Tool.Run("stat", "--format=%a", Folder["new"]).Trim());
    }
}
