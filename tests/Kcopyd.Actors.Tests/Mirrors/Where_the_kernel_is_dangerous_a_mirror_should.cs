using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Mirrors;
using Xunit;

namespace Kcopyd.Actors.Tests.Mirrors;

/// <summary>Each of these loses data with the kernel's mirror target (6.1), or silently does something else than was asked for.</summary>
public sealed class Where_the_kernel_is_dangerous_a_mirror_should : MirrorSpec
{
    [Fact]
    public async Task never_use_a_stale_first_leg_as_the_source()
    {
        var mirror = await New();
        Legs[0].Break();
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        await mirror.DisposeAsync();
        Legs[0].Mend();
        await using var again = await Open();
        await Soon(again.WhenInSyncAsync());
        Assert.Equal(7, Memory[0].Bytes[5 * Region]);
        AssertEqual();
    }

    [Fact]
    public async Task refuse_to_run_on_a_stale_leg_alone()
    {
        var mirror = await New();
        Legs[0].Break();
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        await mirror.DisposeAsync();
        Legs[0].Mend();
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => Open(null, Legs[0], null));
        Assert.Equal(MirrorLogError.NoSource, refusal.Reason);
    }

    [Fact]
    public async Task keep_its_dirty_regions_when_it_is_opened_again_and_assumed_to_be_in_sync()
    {
        var mirror = await New();
        Legs[1].Break();
        await Write(mirror, 5, 7);
        await mirror.DisposeAsync();
        Legs[1].Mend();
        await using var again = await Open(static options => options with { AssumeInSync = true });
        await Soon(again.WhenInSyncAsync());
        AssertEqual();
    }

    [Fact]
    public async Task not_count_a_failed_resync_as_success()
    {
        AddLeg();
        AddLeg();
        Legs[1].Break(IoOperations.Write);
        await using var mirror = await Open(static options => options with { Source = 0 });
        await Until(async () => (await mirror.GetStatusAsync()).IsDegraded);
        Assert.Equal("AS", await Letters(mirror));
        Assert.All(Enumerable.Range(0, 32), region => Assert.False(IsClean(region)));
    }

    [Fact]
    public async Task write_nothing_after_a_failed_read_of_the_source()
    {
        AddLeg();
        AddLeg();
        var before = Memory[1].Bytes.Slice(5 * Region, Region).ToArray();
        Legs[0].Break(IoOperations.Read, 5 * Region);
        await using var mirror = await Open(static options => options with { Source = 0 });
        await Until(async () => (await mirror.GetStatusAsync()).InSyncRegions == 31);
        Assert.Equal(before, Memory[1].Bytes.Slice(5 * Region, Region).ToArray());
        Assert.Equal(1, (await Soon(mirror.GetStatusAsync())).GivenUpRegions);
        Legs[0].Mend();
        await Soon(mirror.RetryRecoveryAsync());
        await Soon(mirror.WhenInSyncAsync());
        AssertEqual();
    }

    [Fact]
    public async Task refuse_a_log_on_a_leg()
    {
        AddLeg();
        AddLeg();
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => Open(options => options with { Log = Memory[1], AssumeInSync = true }));
        Assert.Contains("is on leg 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_the_same_storage_twice()
    {
        AddLeg();
        await Assert.ThrowsAsync<ArgumentException>(() => Open(static options => options with { AssumeInSync = true }, Legs[0], Memory[0]));
    }

    [Fact]
    public async Task refuse_a_log_of_another_region_size_or_length()
    {
        var mirror = await New();
        await mirror.DisposeAsync();
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => Open(static options => options with { RegionSize = 2 * Region }));
        Assert.Equal(MirrorLogError.OtherMirror, refusal.Reason);
        await Assert.ThrowsAsync<MirrorLogException>(() => Open(null, new RangeBlockDevice(Legs[0], 0, Length / 2), Legs[1]));
        LogDevice.Bytes.Slice(512, 512).Clear();     // as if the kernel had made it
        refusal = await Assert.ThrowsAsync<MirrorLogException>(() => Open(static options => options with { RegionSize = 2 * Region }));
        Assert.Equal(MirrorLogError.OtherMirror, refusal.Reason);
    }

    [Fact]
    public async Task not_guess_the_source_of_a_log_of_the_kernel_that_is_not_clean()
    {
        var mirror = await New();
        await mirror.DisposeAsync();
        LogDevice.Bytes.Slice(512, 512).Clear();
        LogDevice.Bytes[1024] = 0xFE;
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => Open());
        Assert.Equal(MirrorLogError.NoSource, refusal.Reason);
        await using var again = await Open(static options => options with { Source = 1 });
        await Soon(again.WhenInSyncAsync());
        Assert.Equal(Region, (await Soon(again.GetStatusAsync())).RecoveredBytes);
    }

    [Fact]
    public async Task ask_which_leg_survives_before_it_overwrites_the_others()
    {
        AddLeg();
        AddLeg();
        var before = Memory.Select(static leg => leg.Bytes.ToArray()).ToList();
        await Assert.ThrowsAsync<ArgumentException>(() => Open());
        Assert.Equal(before, Memory.Select(static leg => leg.Bytes.ToArray()));
        Assert.False(LogDevice.Bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task not_overwrite_a_device_that_holds_other_data_with_its_log()
    {
        AddLeg();
        AddLeg();
        LogDevice.Bytes[1100] = 1;
        var refusal = await Assert.ThrowsAsync<MirrorLogException>(() => Open(static options => options with { Source = 0 }));
        Assert.Equal(MirrorLogError.OtherData, refusal.Reason);
    }
}
