using Xunit;

namespace Kcopyd.Host.Tests.Common;

public sealed class Target_should : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("disk.img", "disk.img", 0L, null)]
    [InlineData("disk.img@0", "disk.img", 0L, null)]
    [InlineData("disk.img@1M", "disk.img", 1L << 20, null)]
    [InlineData("disk.img@1M+4K", "disk.img", 1L << 20, 4096L)]
    [InlineData("disk.img@512+0", "disk.img", 512L, 0L)]
    [InlineData("/dev/loop0@2g+1t", "/dev/loop0", 2L << 30, 1L << 40)]
    [InlineData("me@home.img", "me@home.img", 0L, null)]
    [InlineData("me@home.img@1K", "me@home.img", 1024L, null)]
    [InlineData("disk@2024.img@0", "disk@2024.img", 0L, null)]
    [InlineData("a+b", "a+b", 0L, null)]
    [InlineData("nbd://host/a@1M+4K", "nbd://host/a", 1L << 20, 4096L)]
    [InlineData("nbd+unix:///a?socket=/s@512", "nbd+unix:///a?socket=/s", 512L, null)]
    public void name_a_path_and_a_region(string text, string path, long start, long? length)
    {
        var target = Target.Parse("SOURCE", text);
        Assert.Equal((path, start, length), (target.Path, target.Start, target.Length));
    }

    [Theory]
    [InlineData("disk.img@5", "START 5 is not a multiple of 512; the next ones are 0 and 512")]
    [InlineData("disk.img@1K+1000", "LENGTH 1000 is not a multiple of 512; the next ones are 512 and 1024")]
    [InlineData("disk@2024.img", "write 'disk@2024.img@0'")]
    [InlineData("disk.img@", "START '' is not a number of bytes")]
    [InlineData("disk.img@+4K", "START '' is not a number of bytes")]
    [InlineData("disk.img@4K+", "LENGTH '' is not a number of bytes")]
    [InlineData("disk.img@8388607T+8388607T", "more than any device has")]
    [InlineData("@4K", "no path")]
    [InlineData("", "is empty")]
    public void be_refused_by_a_message_that_names_the_argument_and_the_remedy(string text, string message)
    {
        var wrong = Assert.Throws<UsageException>(() => Target.Parse("DEST 3", text));
        Assert.StartsWith("DEST 3", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void be_the_file_of_that_very_name_if_there_is_one()
    {
        var path = _folder.Random("disk@512", 1024);
        Assert.Equal(path, Target.Parse("SOURCE", path).Path);
        Assert.Equal(1024, Target.Parse("SOURCE", path + "@1K").Start);
    }

    public void Dispose() => _folder.Dispose();
}
