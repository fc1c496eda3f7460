using System.Globalization;
using Xunit;

namespace Kcopyd.Host.Tests.Mapfiles;

public sealed class MapfileFormat_should
{
    [Fact]
    public void read_what_ddrescue_writes()
    {
        var map = Read("""
            # Mapfile. Created by GNU ddrescue version 1.27
            # Command line: ddrescue -q disk image map
            # Finished
            # current_pos  current_status  current_pass
            0x00120000     *               1   # a comment
            #      pos        size  status
            0x00000000  0x00117000  +
            0x00117000  0x00000200  -
            0x00117200  0x00001000  /
            0x00118200  0x00048000  *
            1442304     01000       ?
            """);
        Assert.Equal(
            [
                new MapBlock(0, 0x117000, MapStatus.Finished),
                new MapBlock(0x117000, 0x200, MapStatus.BadSector),
                new MapBlock(0x117200, 0x1000, MapStatus.NonScraped),
                new MapBlock(0x118200, 0x48000, MapStatus.NonTrimmed),
                new MapBlock(0x160200, 512, MapStatus.NonTried),
            ],
            map.Blocks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("0x0 ?\n")]
    public void read_an_empty_map(string text) => Assert.Empty(Read(text).Blocks);

    [Fact]
    public void take_what_comes_before_the_first_block_as_not_tried() =>
        Assert.Equal([new MapBlock(0, 4096, MapStatus.NonTried), new MapBlock(4096, 512, MapStatus.Finished)], Read("0 ? 1\n4096 512 +\n").Blocks);

    [Fact]
    public void read_again_what_it_wrote()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var map = new Mapfile();
            for (var i = 0; i < 20; i++)
                map.Mark(random.NextInt64(1L << 45), random.NextInt64(1, 1L << 40), Enum.GetValues<MapStatus>()[random.Next(5)]);
            var text = new StringWriter(CultureInfo.InvariantCulture);
            MapfileFormat.Write(text, map, random.NextInt64(1L << 45), MapStatus.NonTried);
            Assert.Equal(map.Blocks, Read(text.ToString()).Blocks);
        }
    }

    [Theory]
    [InlineData("not a map\n", "line 1 is not a status line")]
    [InlineData("0x0 ! 1\n", "line 1 is not a status line")]
    [InlineData("0x0 ? 1\n\n0 512\n", "line 3 is not a block")]
    [InlineData("0x0 ? 1\n0 512 F\n", "line 2 is not a block")]
    [InlineData("0x0 ? 1\n0 0x +\n", "line 2 is not a block")]
    [InlineData("0x0 ? 1\n0 09 +\n", "line 2 is not a block")]
    [InlineData("0x0 ? 1\n0 0xFFFFFFFFFFFFFFFF +\n", "line 2 is not a block")]
    [InlineData("0x0 ? 1\n0 0 +\n", "at least one byte")]
    [InlineData("0x0 ? 1\n512 0x7FFFFFFFFFFFFFFF +\n", "ends before 2^63")]
    [InlineData("0x0 ? 1\n0 512 +\n1024 512 +\n", "line 3: the block begins at 1024, and the one before it ends at 512")]
    [InlineData("0x0 ? 1\n0 512 +\n256 512 -\n", "line 3: the block begins at 256")]
    public void name_the_line_that_is_wrong(string text, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static Mapfile Read(string text) => MapfileFormat.Read(new StringReader(text));
}
