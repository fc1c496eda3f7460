using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class DiskFaults_should
{
    private const int Sector = IoRegion.SectorSize;

    [Fact]
    public void fail_what_touches_a_bad_range_after_what_is_good_before_it()
    {
        var seen = new HashSet<long>();
        for (var seed = 1; seed <= 20; seed++)
        {
            Simulation.Run(seed, async world =>
            {
                var disk = Disk(world, DiskFaults.None with
                {
                    BadReads = [ByteRange.Sectors(3)],
                    BadWrites = [ByteRange.Sectors(5)],
                    ReadError = IoError.MediumError,
                    WriteError = IoError.NoSpace,
                });
                var read = await disk.ReadAsync(Sector, new byte[4 * Sector]);
                Assert.Equal(IoError.MediumError, read.Error);
                seen.Add(read.Bytes);
                Assert.True((await disk.ReadAsync(4 * Sector, new byte[4 * Sector])).IsSuccess);
                Assert.Equal(IoError.NoSpace, (await disk.WriteAsync(5 * Sector, new byte[Sector])).Error);
                Assert.True((await disk.WriteAsync(3 * Sector, new byte[Sector])).IsSuccess);
            });
        }
        Assert.Equal([0, 2 * Sector], seen.Order());
    }

    [Fact]
    public void fail_the_chosen_transfer_once()
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { FailsAt = 2 });
            await disk.FlushAsync();
            Assert.True((await disk.ReadAsync(0, new byte[Sector])).IsSuccess);
            var failed = await disk.ReadAsync(0, new byte[4 * Sector]);
            Assert.Equal(IoError.Io, failed.Error);
            Assert.InRange(failed.Bytes, 0, 3 * Sector);
            Assert.True((await disk.ReadAsync(0, new byte[4 * Sector])).IsSuccess);
        });
    }

    [Fact]
    public void throw_when_awaited_or_at_once_and_then_still_use_the_memory()
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { ThrowsAt = 1 });
            var pending = disk.ReadAsync(0, new byte[Sector]);
            Assert.Contains("disk", (await Assert.ThrowsAsync<IOException>(async () => await pending)).Message, StringComparison.Ordinal);

            var rude = Disk(world, DiskFaults.None with { ThrowsAt = 1, ThrowsAtOnce = true });
            var buffer = new byte[Sector];
            Assert.Throws<IOException>(() => { _ = rude.ReadAsync(0, buffer).AsTask(); });
            Assert.Equal(0, buffer[0]);
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.All(buffer, static value => Assert.Equal(0xEE, value));
            Assert.True((await rude.ReadAsync(0, buffer)).IsSuccess);
        });
    }

    [Fact]
    public void cut_transfers_to_whole_blocks_and_never_to_nothing()
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { ShortRate = 1 });
            var lengths = new HashSet<long>();
            for (var i = 0; i < 200; i++)
            {
                var result = await disk.ReadAsync(0, new byte[3 * Sector]);
                Assert.True(result.IsSuccess);
                lengths.Add(result.Bytes);
            }
            Assert.Equal([Sector, 2 * Sector, 3 * Sector], lengths.Order());
        });
    }

    [Fact]
    public void hang_until_it_is_released()
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { StallRate = 1 });
            var read = disk.ReadAsync(0, new byte[Sector]).AsTask();
            await world.DelayAsync(TimeSpan.FromHours(0.5));
            Assert.False(read.IsCompleted);
            Assert.Equal(1, disk.Stalled);
            disk.Release();
            Assert.True((await read).IsSuccess);
            Assert.True((await disk.FlushAsync()).IsSuccess);
        });
    }

    /// <summary>A program that knows which sectors lie can be judged: all that differ from what was written are named, and only a few that do not.</summary>
    [Theory]
    [InlineData("garbled")]
    [InlineData("lost")]
    [InlineData("torn")]
    [InlineData("misdirected")]
    [InlineData("rotten")]
    public void corrupt_in_silence_and_say_where_it_has(string kind)
    {
        var corrupted = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            Simulation.Run(seed, async world =>
            {
                var random = world.Random;
                var disk = Disk(world, kind switch
                {
                    "garbled" => DiskFaults.None with { GarblesAt = random.Next(1, 20) },
                    "lost" => DiskFaults.None with { LostWriteRate = 0.1 },
                    "torn" => DiskFaults.None with { TornWriteRate = 0.1 },
                    "misdirected" => DiskFaults.None with { MisdirectedWriteRate = 0.1 },
                    _ => DiskFaults.None with { BitRotRate = 0.1 },
                });
                Assert.True(disk.Faults.IsSilent);
                var model = disk.Content.ToArray();
                for (var i = 0; i < 40; i++)
                {
                    var bytes = new byte[Sector * random.Next(1, 4)];
                    random.NextBytes(bytes);
                    var offset = random.Next((model.Length - bytes.Length) / Sector + 1) * Sector;
                    bytes.CopyTo(model, offset);
                    Assert.Equal(IoResult.Success(bytes.Length), await disk.WriteAsync(offset, bytes));
                    if (random.Next(4) == 0)
                        await disk.FlushAsync();
                    for (var sector = 0; sector < model.Length / Sector; sector++)
                    {
                        var isSame = model.AsSpan(sector * Sector, Sector).SequenceEqual(disk.Content.Span.Slice(sector * Sector, Sector));
                        Assert.True(isSame || disk.CorruptedSectors.Contains(sector), $"sector {sector} after write {i}");
                        corrupted += isSame ? 0 : 1;
                    }
                }
            });
        }
        Assert.True(corrupted > 0, "nothing was ever corrupted");
    }

    [Fact]
    public void make_blocks_unreadable_until_they_are_written()
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { LatentErrorRate = 1 });
            var result = IoResult.Success(0);
            while (result.IsSuccess)
                result = await disk.ReadAsync(0, new byte[disk.Length]);
            Assert.Equal(IoError.Io, result.Error);
            disk.Faults = DiskFaults.None;
            Assert.False((await disk.ReadAsync(0, new byte[disk.Length])).IsSuccess);
            for (var sector = 0; sector < disk.Length / Sector; sector++)
                await disk.WriteAsync(sector * Sector, new byte[Sector]);
            Assert.True((await disk.ReadAsync(0, new byte[disk.Length])).IsSuccess);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void spare_blocks_that_a_scrubber_reads_often_enough(bool scrubs)
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, DiskFaults.None with { LatentErrorRate = 1, LatentErrorAge = TimeSpan.FromMinutes(10) });
            var failed = false;
            for (var minute = 0; minute < 55; minute += 5)
            {
                await world.DelayAsync(TimeSpan.FromMinutes(5));
                failed |= !(await disk.ReadAsync(0, new byte[scrubs ? disk.Length : Sector])).IsSuccess;
            }
            failed |= !(await disk.ReadAsync(0, new byte[disk.Length])).IsSuccess;
            Assert.Equal(!scrubs, failed);
        });
    }

    [Fact]
    public void be_drawn_from_a_seed_each_in_some_plans_and_only_those_that_are_asked_for()
    {
        var plans = Enumerable.Range(1, 500).Select(static seed => DiskFaults.Draw(new Random(seed), 100 * Sector, DiskFaultKinds.All)).ToList();
        Func<DiskFaults, bool>[] each =
        [
            static plan => plan.BadReads.Count > 0, static plan => plan.BadWrites.Count > 0, static plan => plan.FailsAt > 0, static plan => plan.ThrowsAt > 0,
            static plan => plan.CloneThrows, static plan => plan.FlushErrorRate > 0, static plan => plan.ShortRate > 0, static plan => plan.StallRate > 0,
            static plan => plan.AtOnceRate > 0, static plan => plan.MaxLatency > TimeSpan.Zero, static plan => plan.RefusesZeroes,
            static plan => plan.CloneRefusalRate > 0, static plan => plan.GarblesAt > 0, static plan => plan.LostWriteRate > 0,
            static plan => plan.TornWriteRate > 0, static plan => plan.MisdirectedWriteRate > 0, static plan => plan.BitRotRate > 0,
            static plan => plan.LatentErrorRate > 0, static plan => plan.TornBlockRate > 0,
        ];
        Assert.All(each, fault => Assert.InRange(plans.Count(fault), 5, 350));
        Assert.DoesNotContain(Enumerable.Range(1, 500), static seed => DiskFaults.Draw(new Random(seed), 100 * Sector).IsSilent);
        var quiet = DiskFaults.Draw(new Random(1), 100 * Sector, DiskFaultKinds.None);
        Assert.Equal(DiskFaults.None, quiet with { AtOnceRate = 0 });
    }

    private static SimulatedDisk Disk(World world, DiskFaults faults)
    {
        var content = new byte[16 * Sector];
        content.AsSpan().Fill(0xC5);
        return world.AddDisk("disk", content, new SimulatedDiskOptions { Faults = faults });
    }
}
