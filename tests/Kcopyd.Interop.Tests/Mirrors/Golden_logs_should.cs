using Kcopyd.Actors;
using Kcopyd.Actors.Mirrors;
using Xunit;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Logs and legs that the real kernel wrote, with what it made of them (see Golden/README), so that these tests need no kernel.</summary>
public sealed class Golden_logs_should : MirrorTest
{
    private const string Refused = "log-v3", Shrunk = "shrunk-log", Trap = "r128-leg0-failed-keep-log";

    public static TheoryData<string> Samples => [.. GoldenSample.Names];

    public static TheoryData<string> Usable => [.. GoldenSample.Names.Except([Refused, Shrunk])];

    public static TheoryData<string> NotClean =>
        [.. GoldenSample.Names.Except([Refused, Shrunk]).Where(name => GoldenSample.Load(name) is var one && one.Clean != $"0-{one.Regions - 1}")];

    [Theory]
    [MemberData(nameof(Samples))]
    public void be_those_that_the_kernel_wrote(string name)
    {
        var sample = GoldenSample.Load(name);
        Assert.Equal(sample.LegHashes, sample.Legs.Select(leg => Hash(leg)));
        var (_, _, regions) = LogBytes.Header(sample.Log());
        Assert.Equal(sample.Clean, LogBytes.Text(LogBytes.Clean(sample.Log(), (int)regions)));
    }

    // Recovery is paused, so that the status is that of the opening, as in the manifest, and nothing but the log is written.
    [Theory]
    [MemberData(nameof(Usable))]
    public async Task open_with_the_regions_that_the_kernel_saw(string name)
    {
        var sample = GoldenSample.Load(name);
        var (legs, before) = (Legs(sample), sample.Log());
        var log = Device("log", before);
        await using (var mirror = await OpenAsync(legs, Options(sample, log) with { StartPaused = true }))
        {
            var status = await mirror.GetStatusAsync();
            Assert.Equal(sample.Status, Words(status));
            Assert.Equal($"0 {sample.Sectors} mirror", string.Join(' ', status.ToString().Split(' ')[..3]));
            Assert.Equal((sample.Regions, sample.RegionSectors * Sector), (status.Regions, status.RegionSize));
        }
        Assert.Equal(sample.LegHashes, legs.Select(leg => Hash(leg.Bytes)));
        // The version becomes 2; all else stays, junk included, except our label.
        Assert.Equal(LogBytes.Written(before, LogBytes.Clean(before, sample.Regions)), LogBytes.WithLabelOf(log.Bytes, before));
        Assert.Equal("kcopyd-m"u8.ToArray(), log.Bytes.Slice(LogBytes.LabelAt, 8).ToArray());
    }

    [Theory]
    [MemberData(nameof(Usable))]
    public async Task be_recovered_as_the_kernel_recovered_them(string name)
    {
        var sample = GoldenSample.Load(name);
        var (legs, before) = (Legs(sample), sample.Log());
        var log = Device("log", before);
        await using (var mirror = await OpenAsync(legs, Options(sample, log)))
        {
            await mirror.WhenInSyncAsync().WaitAsync(TimeSpan.FromMinutes(1));
            var status = await mirror.GetStatusAsync();
            Assert.Equal(MirrorStatusWords.Of(legs.Length, sample.Regions, sample.Regions), Words(status));
            Assert.Equal(DirtyBytes(sample, before), status.RecoveredBytes);
        }
        // The kernel copies leg 0 over the writes that it acknowledged without it; we were told the good leg.
        var expected = name == Trap ? [sample.LegHashes[1], sample.LegHashes[1]] : sample.SyncedHashes;
        Assert.Equal(expected, legs.Select(leg => Hash(leg.Bytes)));
        Assert.Equal(sample.SyncedLogHash, Hash(LogBytes.WithLabelOf(log.Bytes, before)));
    }

    // The kernel takes leg 0, whichever leg failed before.
    [Theory]
    [MemberData(nameof(NotClean))]
    public async Task not_open_without_a_source_when_legs_may_differ(string name)
    {
        var sample = GoldenSample.Load(name);
        var (legs, log) = (Legs(sample), Device("log", sample.Log()));
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(legs, Options(sample, log) with { Source = null }));
        Assert.Equal((MirrorLogError.NoSource, "log"), (refusal.Reason, refusal.Device));
        Assert.Contains("name that leg with MirrorOptions.Source", refusal.Message, StringComparison.Ordinal);
        AssertUntouched(sample, legs, log);
    }

    // The kernel marks the log as failed, resynchronises everything and continues to write the log.
    [Fact]
    public async Task be_refused_when_their_version_is_unknown()
    {
        var sample = GoldenSample.Load(Refused);
        var (legs, log) = (Legs(sample), Device("log", sample.Log()));
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(legs, Options(sample, log)));
        Assert.Equal((MirrorLogError.UnknownVersion, "log holds a log of version 3; versions 1 and 2 are known."), (refusal.Reason, refusal.Message));
        AssertUntouched(sample, legs, log);
    }

    // The kernel keeps the bits of the 63 regions and resynchronises the others.
    [Fact]
    public async Task be_refused_when_they_were_made_for_fewer_regions()
    {
        var sample = GoldenSample.Load(Shrunk);
        var (legs, log) = (Legs(sample), Device("log", sample.Log()));
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => OpenAsync(legs, Options(sample, log)));
        Assert.Equal((MirrorLogError.OtherMirror, "log was made for 63 regions; 4194304 bytes have 1024 regions of 4096; "
            + "name the region size with which it was created."), (refusal.Reason, refusal.Message));
        AssertUntouched(sample, legs, log);
    }

    [Fact]
    public async Task open_with_legs_of_their_own_length_and_keep_the_stale_bits_of_a_longer_mirror()
    {
        var sample = GoldenSample.Load(Shrunk);
        var before = sample.Log();
        MemoryBlockDevice[] legs = [.. sample.Legs.Select((leg, i) => Device($"leg{i}", leg.AsSpan(0, 504 * Sector)))];
        var log = Device("log", before);
        await using (var mirror = await OpenAsync(legs, Options(sample, log)))
            Assert.Equal(MirrorStatusWords.Of(2, 63, 63), Words(await mirror.GetStatusAsync()));
        Assert.Equal(before, LogBytes.WithLabelOf(log.Bytes, before));
        Assert.Equal(byte.MaxValue, log.Bytes[LogBytes.BitsAt + 8]);
    }

    private static MemoryBlockDevice[] Legs(GoldenSample sample) => [.. sample.Legs.Select((leg, i) => Device($"leg{i}", leg))];

    private static MirrorOptions Options(GoldenSample sample, IBlockDevice log) => new()
    {
        Log = log, LogMode = MirrorLogMode.Open, RegionSize = sample.RegionSectors * Sector, LeaveOpen = true, Source = sample.Name == Trap ? 1 : 0,
    };

    private static long DirtyBytes(GoldenSample sample, byte[] log) => LogBytes.Clean(log, sample.Regions)
        .Select((clean, i) => clean ? 0L : Math.Min(sample.RegionSectors, sample.Sectors - i * sample.RegionSectors) * Sector)
        .Sum();

    private static void AssertUntouched(GoldenSample sample, MemoryBlockDevice[] legs, MemoryBlockDevice log)
    {
        Assert.Equal(sample.LegHashes, legs.Select(leg => Hash(leg.Bytes)));
        Assert.Equal(sample.Log(), log.Bytes.ToArray());
    }
}
