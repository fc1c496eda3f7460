using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Actors.Mirrors;
using Xunit;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The tables that the kernel refuses, and those that it accepts although they destroy data: each has an error that says what is wrong, and nothing
/// is written.</summary>
public sealed class Wrong_mirrors_should : MirrorTest
{
    private const int Length = 256 << 10;

    private readonly MemoryBlockDevice[] _legs = [Device("leg0", Full(1)), Device("leg1", Full(2))];
    private readonly MemoryBlockDevice _log = Device("log", new byte[4096]);

    private MirrorOptions New => new() { Log = _log, RegionSize = 4096, Source = 0, LeaveOpen = true };

    // The kernel: "invalid region size ...".
    [Theory]
    [InlineData(0)]
    [InlineData(512)]           // 1 sector
    [InlineData(12 * 512)]
    [InlineData(-4096)]
    [InlineData(1L << 41)]      // 2^32 sectors
    public async Task name_a_region_size_that_is_not_possible(long size) =>
        await RefuseAsync(_legs, New with { RegionSize = size },
            string.Create(CultureInfo.InvariantCulture, $"A region of {size} bytes: it must be a power of two from 1 KiB to 1 TiB."));

    // The kernel: "log device ... too small: need N bytes".
    [Theory]
    [InlineData(4096, 1024, 1536)]
    [InlineData(1024, 1024, 1536)]
    [InlineData(1024, 1535, 1536)]
    public async Task name_a_log_that_is_too_small_and_the_bytes_that_it_needs(int region, int bytes, int needed)
    {
        var log = Device("log", new byte[bytes]);
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(_legs, New with { Log = log, RegionSize = region }));
        Assert.Equal((MirrorLogError.TooSmall, "log", needed), (refusal.Reason, refusal.Device, refusal.Needed));
        Assert.Contains($"has {bytes} bytes, and the log of {Length / region} regions needs {needed}; use a larger device or larger regions.", refusal.Message,
            StringComparison.Ordinal);
        AssertUntouched();
        Assert.Equal(new byte[bytes], log.Bytes.ToArray());
        await using var exact = await OpenAsync(_legs, New with { Log = Device("exact", new byte[needed]), RegionSize = region });
    }

    // The kernel accepts a log on a leg, and overwrites the leg's first sectors with it.
    [Fact]
    public async Task not_have_their_log_on_a_leg()
    {
        await RefuseAsync(_legs, New with { Log = _legs[1] }, "The log leg1 is on leg 1, leg1, and would overwrite its data: use another device.");
        await RefuseAsync(_legs, New with { Log = new RangeBlockDevice(_legs[0], 8192, 4096) }, "is on leg 0, leg0, and would overwrite its data");
    }

    // The kernel accepts it.
    [Fact]
    public async Task not_have_the_same_device_twice() =>
        await RefuseAsync([_legs[0], _legs[0]], New, "Legs 0 and 1, leg0 and leg0, are the same storage: a mirror of it protects nothing.");

    // The kernel: "Invalid number of mirrors" for 0, 1 and 10 or more. One is useful here (others are added later), and more than 9 are possible.
    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    public async Task not_have_no_leg_or_too_many(int count)
    {
        MemoryBlockDevice[] legs = [.. Enumerable.Range(0, count).Select(i => Device($"leg{i}", Full(i)))];
        await RefuseAsync(legs, New, $"A mirror has 1 to 24 legs, not {count}.");
    }

    // The kernel: "Device lookup failure".
    [Fact]
    public async Task not_be_created_without_any_device() => await RefuseAsync([null, null], New, "All legs are missing.");

    // The kernel creates the mirror and fails every write.
    [Fact]
    public async Task not_have_a_device_that_cannot_be_written()
    {
        var fixedLeg = new MemoryBlockDevice(Length, readOnly: true, name: "fixed");
        await RefuseAsync([_legs[0], fixedLeg], New, "fixed is read-only: it cannot be a leg of a mirror.");
        await RefuseAsync(_legs, New with { Log = new MemoryBlockDevice(4096, readOnly: true, name: "fixed") },
            "fixed is read-only: the log of a mirror must be writable.");
    }

    // The kernel: "Device lookup failure" for a leg that is shorter than its part of the mirror.
    [Fact]
    public async Task name_the_leg_that_is_too_short_for_the_log()
    {
        await using (await OpenAsync(_legs, New))
        {
        }
        var shorter = Device("shorter", new byte[Length - Sector]);
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync([_legs[0], shorter], New with { LogMode = MirrorLogMode.Open }));
        Assert.Equal((MirrorLogError.OtherLeg, 1, Length), (refusal.Reason, refusal.Leg, refusal.Needed));
    }

    // The kernel: "unrecognised sync argument to dirty region log", for anything but sync or nosync; it takes leg 0 if neither is given.
    [Fact]
    public async Task say_which_leg_has_the_content()
    {
        await RefuseAsync(_legs, New with { Source = null }, "name that one with MirrorOptions.Source; or, if they are equal, set AssumeInSync.");
        await RefuseAsync(_legs, New with { AssumeInSync = true }, "Source and AssumeInSync contradict each other.");
        await RefuseAsync(_legs, New with { Source = 2 }, "Source = 2: there is no such leg; legs are counted from 0.");
    }

    // The kernel overwrites whatever the log's device holds.
    [Fact]
    public async Task not_overwrite_data_with_their_log()
    {
        var junk = Device("junk", Full(3));
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(_legs, New with { Log = junk }));
        Assert.Equal((MirrorLogError.OtherData, "junk"), (refusal.Reason, refusal.Device));
        Assert.Equal(Full(3), junk.Bytes.ToArray());
        AssertUntouched();
    }

    // The kernel compares only the number of regions, and silently misreads the bits if that is the same.
    [Fact]
    public async Task not_misread_a_log_of_another_region_size()
    {
        await using (var mirror = await OpenAsync(_legs, New))
            await mirror.WhenInSyncAsync();
        var before = _log.Bytes.ToArray();
        MemoryBlockDevice[] halves = [Device("leg0", Full(1).AsSpan(0, Length / 2)), Device("leg1", Full(1).AsSpan(0, Length / 2))];
        foreach (var legs in new[] { _legs, halves })
        {
            var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(legs, New with { RegionSize = 2048 }));
            Assert.Equal((MirrorLogError.OtherMirror, "log was made for regions of 4096 bytes, not 2048; omit the region size: the log keeps its own."),
                (refusal.Reason, refusal.Message));
        }
        Assert.Equal(before, _log.Bytes.ToArray());
    }

    private async Task RefuseAsync(IReadOnlyList<IBlockDevice?> legs, MirrorOptions options, string message)
    {
        var refusal = await Assert.ThrowsAnyAsync<ArgumentException>(() => OpenAsync(legs, options));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        AssertUntouched();
        Assert.Equal(new byte[4096], _log.Bytes.ToArray());
    }

    private void AssertUntouched()
    {
        for (var i = 0; i < _legs.Length; i++)
            Assert.Equal(Full(i + 1), _legs[i].Bytes.ToArray());
    }

    private static byte[] Full(int seed)
    {
        var bytes = new byte[Length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
