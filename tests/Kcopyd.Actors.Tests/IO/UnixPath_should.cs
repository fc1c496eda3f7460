using System.Text;
using CsCheck;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Files;
using Xunit;

namespace Kcopyd.Actors.Tests.IO;

public sealed class UnixPath_should
{
    [Fact]
    public void bring_back_whatever_bytes_it_was_given() =>
        Gen.Byte[1, 255].Array[0, 40].Sample(bytes => UnixPath.Encode(UnixPath.Decode(bytes)).SequenceEqual<byte>([.. bytes, 0]));

    [Fact]
    public void leave_text_as_it_is() =>
        Gen.String.Where(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text)
            .Sample(text => UnixPath.Decode(Encoding.UTF8.GetBytes(text)) == text && UnixPath.ToText(text) == text);

    [Fact]
    public async Task open_a_file_whose_name_is_not_UTF_8()
    {
        using var folder = new TempFolder();
        var path = folder["b"] + UnixPath.Decode([(byte)'a', 0xFF, 0xE4, (byte)'z']);
        await using (var device = BlockDevice.Open(path, new() { Create = true, Length = 512 }))
            Assert.Equal(path, device.Name);

        Assert.Equal("512", LoopDevice.Run("sh", ["-c", $"stat --format=%s \"$(printf '{folder["b"]}a\\377\\344z')\""]).Trim());
        LoopDevice.Run("sh", ["-c", $"rm '{folder["b"]}'*"]);     // .NET cannot
        Assert.Equal(folder["b"] + "a\uFFFD\uFFFDz", UnixPath.ToText(path));
    }
}
