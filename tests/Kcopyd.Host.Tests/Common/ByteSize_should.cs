using Xunit;

namespace Kcopyd.Host.Tests.Common;

public sealed class ByteSize_should
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("4K", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("1M", 1 << 20)]
    [InlineData("3G", 3L << 30)]
    [InlineData("2T", 2L << 40)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("8388607T", 8388607L << 40)]
    public void read_digits_and_a_suffix(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1.5M")]
    [InlineData("1KB")]
    [InlineData("1P")]
    [InlineData("0x10")]
    [InlineData("9223372036854775808")]
    [InlineData("8388608T")]
    public void refuse_what_is_no_size_or_does_not_fit(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1.5 * (1 << 20), "1.5 MiB")]
    [InlineData(1L << 30, "1.0 GiB")]
    [InlineData(1L << 50, "1024.0 TiB")]
    public void be_written_for_people(double bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));
}
