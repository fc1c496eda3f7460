using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

/// <summary>Small jobs between files in memory: one call instead of a read and a write.</summary>
public sealed class Small_copy_should : EngineSpec, IDisposable
{
    private const int MaxBytes = 8192;

    private readonly TempFolder _memory = new("/dev/shm");
    private readonly byte[] _content = Bytes.Random(4 * MaxBytes, seed: 7);

    [Theory]
    [InlineData(512)]
    [InlineData(MaxBytes)]
    public async Task copy_exactly_the_region_in_one_call(int length)
    {
        await using var source = Open("source", _content);
        await using var destination = Open("destination", new byte[4 * MaxBytes]);
        var result = await Soon(Client(Large).CopyAsync(source.Region(1, length / 512), [destination.Region(5, length / 512)]));
        Assert.True(result.IsSuccess);
        Assert.Equal(new OffloadedBytes { SmallCopy = length }, result.Offloaded);
        Assert.Equal(length, result.Destinations[0].Bytes);
        var expected = new byte[4 * MaxBytes];
        _content.AsSpan(512, length).CopyTo(expected.AsSpan(5 * 512));
        Assert.Equal(expected, File.ReadAllBytes(_memory["destination"]));
    }

    [Theory]
    [InlineData("too large")]
    [InlineData("switched off")]
    [InlineData("two destinations")]
    [InlineData("in order")]
    [InlineData("a layer between")]
    public async Task leave_to_reader_and_writer_what_is_not_for_it(string why)
    {
        await using var source = Open("source", _content);
        await using var destination = Open("destination", new byte[4 * MaxBytes]);
        await using var second = Open("second", new byte[4 * MaxBytes]);
        await using var layer = destination.WithDelay(TimeSpan.Zero);
        var client = Client(why == "switched off" ? settings => Large(settings) with { Offload = OffloadKinds.Default & ~OffloadKinds.SmallCopy } : Large);
        var sectors = (why == "too large" ? MaxBytes + 512 : MaxBytes) / 512;
        var result = await Soon(client.CopyAsync(source.Region(0, sectors), why switch
        {
            "two destinations" => [destination.Region(0, sectors), second.Region(0, sectors)],
            "a layer between" => [layer.Region(0, sectors)],
            _ => [destination.Region(0, sectors)],
        }, why == "in order" ? CopyFlags.Sequential : CopyFlags.None));
        Assert.True(result.IsSuccess);
        Assert.Equal(default, result.Offloaded);
        Assert.Equal(_content[..(sectors * 512)], File.ReadAllBytes(_memory["destination"])[..(sectors * 512)]);
    }

    [Fact]
    public async Task say_what_is_wrong_as_every_job_does()
    {
        await using var source = Open("source", _content);
        await using var destination = Open("destination", new byte[4 * MaxBytes]);
        using (var file = File.OpenWrite(_memory["source"]))
            file.SetLength(1024);       // without the knowledge of the open device
        var result = await Soon(Client(Large).CopyAsync(source.Region(0, 8), [destination.Region(0, 8)]));
        Assert.True(result.ReadError);
        Assert.Equal(IoError.EndOfDevice, result.ReadFault!.Error);
        Assert.Equal(2, result.ReadFault.Sector);
    }

    [Fact]
    public async Task be_verified_like_every_job()
    {
        await using var source = Open("source", _content);
        await using var destination = Open("destination", new byte[4 * MaxBytes]);
        var result = await Soon(Client(Large).CopyAsync(source.Region(0, 8), [destination.Region(0, 8)], CopyFlags.VerifyHash));
        Assert.True(result.IsSuccess);
        Assert.Equal(4096, result.Offloaded.SmallCopy);
        Assert.Equal(result.SourceSha256, result.Destinations[0].Sha256);
    }

    void IDisposable.Dispose()
    {
        Dispose();
        _memory.Dispose();
    }

    private static KcopydSettings Large(KcopydSettings settings) => settings with { SubJobSize = 64 << 10 };

    private FileBlockDevice Open(string name, byte[] content) => BlockDevice.Open(_memory.File(name, content));
}
