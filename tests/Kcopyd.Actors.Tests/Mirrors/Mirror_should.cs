using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Mirrors;

public sealed class Mirror_should : MirrorSpec
{
    [Fact]
    public async Task copy_the_source_to_the_other_legs_of_a_new_mirror()
    {
        await using var mirror = await New(legs: 3);
        Assert.Equal("0 256 mirror 3 leg 0 leg 1 leg 2 32/32 1 AAA 3 disk log A", (await Soon(mirror.GetStatusAsync())).ToString());
        Assert.Equal(Length, (await Soon(mirror.GetStatusAsync())).RecoveredBytes);
    }

    [Fact]
    public async Task copy_nothing_if_the_legs_are_assumed_to_be_in_sync()
    {
        AddLeg();
        AddLeg();
        await using var mirror = await Open(static options => options with { AssumeInSync = true });
        Assert.Equal(32, (await Soon(mirror.GetStatusAsync())).InSyncRegions);
        Assert.False(Memory[0].Bytes.SequenceEqual(Memory[1].Bytes));
    }

    [Fact]
    public async Task write_to_every_leg_and_mark_the_region_first()
    {
        await using var mirror = await New(legs: 3);
        await Until(() => IsClean(5));
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        Assert.All(Memory, static leg => Assert.Equal(7, leg.Bytes[5 * Region]));
        Assert.False(IsClean(5));
        Assert.True(IsClean(4));
        await Until(() => IsClean(5));
    }

    [Fact]
    public async Task write_the_log_once_for_a_request_across_regions_and_never_for_a_region_in_use()
    {
        await using var mirror = await New(change: static options => options with { Name = "m" });
        await Until(() => IsClean(31));
        var before = (await Soon(mirror.GetStatusAsync())).LogRecords;
        Assert.True((await Write(mirror, 3, 1, length: 4 * Region)).IsSuccess);
        Assert.True((await Write(mirror, 4, 2)).IsSuccess);
        Assert.InRange((await Soon(mirror.GetStatusAsync())).LogRecords, before + 1, before + 2);
    }

    [Fact]
    public async Task not_call_a_region_clean_that_was_written_while_the_legs_were_flushed()
    {
        var (first, second) = (AddLeg(), AddLeg().WithStall(IoOperations.Flush));
        var mirror = await Open(static options => options with { AssumeInSync = true }, first, second);
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        await Soon(second.WaitingAsync());
        Assert.True((await Write(mirror, 5, 8)).IsSuccess);
        second.ReleaseOne();
        await Soon(second.WaitingAsync());      // the flush before the next record
        Assert.False(IsClean(5));
        second.Release();
        await mirror.DisposeAsync();
        Assert.True(IsClean(5));
    }

    [Fact]
    public async Task drop_a_leg_whose_write_fails_and_lose_nothing()
    {
        await using var mirror = await New();
        Legs[0].Break();
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        Assert.Equal("DA", await Letters(mirror));
        var read = new byte[Region];
        await Read(mirror, 5 * Region, read);
        Assert.All(read, static value => Assert.Equal(7, value));
    }

    [Fact]
    public async Task drop_a_leg_whose_flush_fails()
    {
        await using var mirror = await New();
        Legs[1].Break(IoOperations.Flush);
        Assert.True((await Soon(mirror.FlushAsync().AsTask())).IsSuccess);
        Assert.Equal("AF", await Letters(mirror));
    }

    [Fact]
    public async Task report_an_error_that_all_legs_have_and_keep_them_all()
    {
        await using var mirror = await New();
        mirror.PauseRecovery();
        Legs[0].Break(IoOperations.Write);
        Legs[1].Break(IoOperations.Write);
        Assert.Equal(IoError.Io, (await Write(mirror, 5, 7)).Error);
        Assert.Equal("DD", await Letters(mirror));
        Legs[0].Mend();
        Legs[1].Mend();
        mirror.ResumeRecovery();
        await Soon(mirror.WhenInSyncAsync());
        Assert.True((await Write(mirror, 5, 8)).IsSuccess);
        AssertEqual();
    }

    [Fact]
    public async Task copy_only_what_a_leg_missed_when_it_comes_back()
    {
        await using var mirror = await New();
        await Until(() => IsClean(0) && IsClean(31));
        Legs[1].Break();
        await Write(mirror, 5, 7);
        await Write(mirror, 20, 8);
        Legs[1].Mend();
        var before = (await Soon(mirror.GetStatusAsync())).RecoveredBytes;
        await Soon(mirror.ReturnLegAsync(1));
        await Soon(mirror.WhenInSyncAsync());
        AssertEqual();
        var status = await Soon(mirror.GetStatusAsync());
        Assert.Equal(2 * Region, status.RecoveredBytes - before);
        Assert.True(status.IsWhole, status.ToString());
    }

    [Fact]
    public async Task copy_everything_to_a_leg_that_replaces_another()
    {
        await using var mirror = await New();
        var third = AddLeg();
        await Soon(mirror.ReplaceLegAsync(1, third));
        await Soon(mirror.WhenInSyncAsync());
        Assert.Equal(Memory[0].Bytes, Memory[2].Bytes);
        await Write(mirror, 5, 7);
        Assert.NotEqual(7, Memory[1].Bytes[5 * Region]);
        Assert.Equal(7, Memory[2].Bytes[5 * Region]);
    }

    [Fact]
    public async Task gain_and_lose_legs_while_it_is_used()
    {
        var mirror = await New();
        await Soon(mirror.AddLegAsync(AddLeg()));
        await Soon(mirror.WhenInSyncAsync());
        AssertEqual();
        await Soon(mirror.RemoveLegAsync(0));
        await Write(mirror, 5, 7);
        Assert.NotEqual(7, Memory[0].Bytes[5 * Region]);
        await mirror.DisposeAsync();
        await using var again = await Open(null, Legs[1], Legs[2]);
        Assert.Equal("AA", await Letters(again));
    }

    [Fact]
    public async Task not_lose_its_only_leg_with_the_content()
    {
        await using var mirror = await New();
        await Soon(mirror.FailLegAsync(1));
        foreach (var change in new[] { mirror.FailLegAsync(0), mirror.RemoveLegAsync(0), mirror.ReplaceLegAsync(0, AddLeg()) })
            Assert.Contains("only leg", (await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(change))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task answer_a_read_that_a_leg_cannot_answer_from_another_and_rewrite_it()
    {
        await using var mirror = await New();
        Legs[0].Break(IoOperations.Read, 5 * Region);
        Memory[0].Bytes.Slice(5 * Region, Region).Fill(0xEE);      // what the medium has lost
        var read = new byte[Region];
        for (var i = 0; i < 2; i++)
        {
            await Read(mirror, 5 * Region, read);
            Assert.Equal(Memory[1].Bytes.Slice(5 * Region, Region).ToArray(), read);
        }
        await Until(async () => (await mirror.GetStatusAsync()).Legs[0].Repairs > 0);
        AssertEqual();
        Assert.Equal("RA", await Letters(mirror));
    }

    [Fact]
    public async Task read_from_the_leg_with_the_fewest_requests()
    {
        await using var mirror = await New();
        var (first, second) = (new CountingDevice(Memory[0]), new CountingDevice(Memory[1]));
        await mirror.DisposeAsync();
        await using var again = await Open(null, first, second);
        for (var i = 0; i < 32; i++)
            await Read(again, i * Region, new byte[Region]);
        Assert.InRange(first.Reads, 10, 22);
        Assert.InRange(second.Reads, 10, 22);
    }

    [Fact]
    public async Task pass_zeroes_and_discards_down_so_that_legs_stay_equal()
    {
        await using var mirror = await New();
        Assert.True((mirror.Features & DeviceFeatures.WriteZeroes) != 0);
        Assert.Equal(IoResult.Success(Region), await Soon(mirror.WriteZeroesAsync(3 * Region, Region).AsTask()));
        Assert.All(Memory, static leg => Assert.False(leg.Bytes.Slice(3 * Region, Region).ContainsAnyExcept((byte)0)));
        AssertEqual();
    }

    [Fact]
    public async Task refuse_requests_after_it_is_closed()
    {
        var mirror = await New();
        await mirror.DisposeAsync();
        Assert.Equal(IoError.Closed, (await Write(mirror, 1, 1)).Error);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(mirror.GetStatusAsync()));
    }

    [Fact]
    public async Task call_every_region_clean_when_it_was_closed()
    {
        var mirror = await New();
        for (var i = 0; i < 32; i += 3)
            await Write(mirror, i, (byte)i);
        await mirror.DisposeAsync();
        Assert.All(Enumerable.Range(0, 32), region => Assert.True(IsClean(region)));
        await using var again = await Open();
        Assert.Equal(0, (await Soon(again.GetStatusAsync())).RecoveredBytes);
    }

    [Fact]
    public async Task fail_writes_while_its_log_cannot_be_written_and_succeed_when_it_can()
    {
        AddLeg();
        AddLeg();
        var log = new BreakableLeg(LogDevice);
        await using var mirror = await Open(options => options with { Log = log, AssumeInSync = true });
        log.Break(IoOperations.Write);
        var before = Memory[0].Bytes.ToArray();
        Assert.Equal(IoError.Io, (await Write(mirror, 5, 7)).Error);
        Assert.Equal(before, Memory[0].Bytes);
        Assert.Equal("3 disk log D", (await Soon(mirror.GetStatusAsync())).ToString()[^12..]);
        log.Mend();
        Assert.True((await Write(mirror, 5, 7)).IsSuccess);
        Assert.Equal("3 disk log A", (await Soon(mirror.GetStatusAsync())).ToString()[^12..]);
    }
}
