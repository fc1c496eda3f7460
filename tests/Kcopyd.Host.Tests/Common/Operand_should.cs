using Xunit;

namespace Kcopyd.Host.Tests.Common;

public sealed class Operand_should : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("disk.img", "disk.img", 0L, null)]
    [InlineData("@0:disk.img", "disk.img", 0L, null)]
    [InlineData("@1M:disk.img", "disk.img", 1L << 20, null)]
    [InlineData("@1M+4K:disk.img", "disk.img", 1L << 20, 4096L)]
    [InlineData("@512+0:disk.img", "disk.img", 512L, 0L)]
    [InlineData("@2g+1t:/dev/loop0", "/dev/loop0", 2L << 30, 1L << 40)]
    [InlineData("@0:backup@2048", "backup@2048", 0L, null)]
    [InlineData("@1K:a:b@512", "a:b@512", 1024L, null)]
    [InlineData("./@1M:disk.img", "./@1M:disk.img", 0L, null)]
    [InlineData("me@home.img", "me@home.img", 0L, null)]
    [InlineData("disk@2024-11-27", "disk@2024-11-27", 0L, null)]
    [InlineData("disk@2024.img", "disk@2024.img", 0L, null)]
    [InlineData("disk@", "disk@", 0L, null)]
    [InlineData("disk@+4K", "disk@+4K", 0L, null)]
    [InlineData("a+b", "a+b", 0L, null)]
    [InlineData("@1M+4K:nbd://host/a", "nbd://host/a", 1L << 20, 4096L)]
    [InlineData("nbd://host/vm@1024", "nbd://host/vm@1024", 0L, null)]
    [InlineData("@512:nbd+unix:///a@1?socket=/s@512", "nbd+unix:///a@1?socket=/s@512", 512L, null)]
    [InlineData("/dev/zero@1M+4K", "/dev/zero", 1L << 20, 4096L)]
    public void name_a_path_and_a_region(string text, string path, long start, long? length)
    {
        var operand = Operand.Parse("SOURCE", text);
        Assert.Equal((path, start, length), (operand.Path, operand.Start, operand.Length));
    }

    [Theory]
    [InlineData("@5:disk.img", "START 5 is not a multiple of 512; the next ones are 0 and 512")]
    [InlineData("@1K+1000:disk.img", "LENGTH 1000 is not a multiple of 512; the next ones are 512 and 1024")]
    [InlineData("@:disk.img", "START '' is not a number of bytes")]
    [InlineData("@+4K:disk.img", "START '' is not a number of bytes")]
    [InlineData("@4K+:disk.img", "LENGTH '' is not a number of bytes")]
    [InlineData("@8388607T+8388607T:disk.img", "more than any device has")]
    [InlineData("@4K", "a region is '@START[+LENGTH]:PATH'")]
    [InlineData("@4K", "A file of that name is './@4K'")]
    [InlineData("@4K:", "no path after ':'")]
    [InlineData("@0:nbd://", "nbd://")]
    [InlineData("backup@2048", "For the region, write '@2048:backup'; for a file of that name, '@0:backup@2048'")]
    [InlineData("disk.img@1M+64K", "For the region, write '@1M+64K:disk.img'")]
    [InlineData("/dev/zero@5", "START 5 is not a multiple of 512")]
    [InlineData("", "is empty")]
    public void be_refused_by_a_message_that_names_the_argument_and_the_remedy(string text, string message)
    {
        var wrong = Assert.Throws<UsageException>(() => Operand.Parse("DEST 3", text));
        Assert.StartsWith("DEST 3", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void mean_the_same_whatever_files_there_are()
    {
        var (name, path) = (_folder["disk@512"], _folder["disk"]);
        Assert.Throws<UsageException>(() => Operand.Parse("DEST", name));
        _folder.Random("disk", 1024);
        Assert.Throws<UsageException>(() => Operand.Parse("DEST", name));
        _folder.Random("disk@512", 1024);
        Assert.Throws<UsageException>(() => Operand.Parse("DEST", name));
        Assert.Equal((name, 0), (Operand.Parse("DEST", $"@0:{name}").Path, Operand.Parse("DEST", $"@0:{name}").Start));
        Assert.Equal((path, 512), (Operand.Parse("DEST", $"@512:{path}").Path, Operand.Parse("DEST", $"@512:{path}").Start));
    }

    public void Dispose() => _folder.Dispose();
}
