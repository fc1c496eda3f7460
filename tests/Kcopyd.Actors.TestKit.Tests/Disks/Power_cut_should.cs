using Akka.Actor;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class Power_cut_should
{
    private const int Sector = IoRegion.SectorSize;
    private const int Sectors = 12;

    [Fact]
    public void leave_of_each_sector_what_was_flushed_or_something_newer()
    {
        var (lost, kept) = (0, 0);
        Simulation.RunMany(1, 300, async world =>
        {
            var model = new Versions();
            var disk = Disk(world, new SimulatedDiskOptions { Observer = model });
            await Fill(world, disk);
            disk.PowerCut();
            foreach (var (value, flushed, newest) in model.Check(disk))
                (lost, kept) = (lost + (value != newest ? 1 : 0), kept + (value != flushed ? 1 : 0));
            Assert.Equal(0, disk.HeldWrites);
        });
        Assert.True(lost > 100 && kept > 100, $"{lost} lost, {kept} kept");
    }

    [Fact]
    public void lose_what_completed_after_the_flush_was_issued()
    {
        var (between, lost) = (0, 0);
        Simulation.RunMany(1, 100, async world =>
        {
            var disk = Disk(world);
            var (flush, write) = (disk.FlushAsync().AsTask(), disk.WriteAsync(0, Filled(1)).AsTask());
            await flush;
            if (disk.Content.Span[0] == 0)
                return;
            between++;
            Assert.Equal(1, disk.HeldWrites);
            disk.PowerCut();
            lost += disk.Content.Span[0] == 0 ? 1 : 0;
            await write;
        });
        Assert.InRange(lost, 1, between - 1);
    }

    [Fact]
    public void lose_nothing_that_was_acknowledged_on_a_disk_without_a_volatile_cache() => Simulation.RunMany(1, 50, async world =>
    {
        var disk = Disk(world, new SimulatedDiskOptions { Features = DeviceFeatures.None });
        await disk.WriteAsync(0, Filled(1));
        var second = disk.WriteAsync(Sector, Filled(2)).AsTask();
        Assert.Equal(0, disk.PowerCut());
        Assert.Equal(1, disk.Content.Span[0]);
        Assert.Equal(IoError.NoDevice, (await second).Error);
    });

    [Fact]
    public void end_what_is_in_flight_which_never_reaches_the_medium_later()
    {
        var reached = 0;
        Simulation.RunMany(1, 100, async world =>
        {
            var disk = Disk(world);
            disk.Faults = DiskFaults.None with { StallRate = 0.5 };
            var write = disk.WriteAsync(0, Filled(1)).AsTask();
            disk.PowerCut();
            var after = disk.Content.Span[0];
            reached += after;
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            disk.Release();
            Assert.Equal(IoError.NoDevice, (await write).Error);
            Assert.Equal(after, disk.Content.Span[0]);
        });
        Assert.InRange(reached, 1, 99);
    }

    [Fact]
    public void store_nothing_of_a_write_in_flight_that_the_disk_would_refuse() => Simulation.RunMany(1, 20, async world =>
    {
        var disk = Disk(world, new SimulatedDiskOptions { IsReadOnly = true });
        var write = disk.WriteAsync(0, Filled(1)).AsTask();
        disk.PowerCut();
        Assert.Equal(0, disk.Content.Span[0]);
        Assert.Equal(IoError.NoDevice, (await write).Error);
    });

    [Fact]
    public void find_lost_what_a_failed_flush_should_have_saved_even_if_a_later_one_succeeded()
    {
        var lost = 0;
        Simulation.RunMany(1, 50, async world =>
        {
            var disk = Disk(world);
            for (byte i = 0; i < Sectors; i++)
                await disk.WriteAsync(i * Sector, Filled(1));
            disk.Faults = DiskFaults.None with { FlushErrorRate = 1 };
            Assert.Equal(IoError.Io, (await disk.FlushAsync()).Error);
            disk.Faults = DiskFaults.None;
            Assert.False(disk.Content.Span.Contains((byte)0));
            await disk.WriteAsync(0, Filled(2));
            Assert.True((await disk.FlushAsync()).IsSuccess);
            Assert.Equal(0, disk.HeldWrites);
            disk.PowerCut();
            Assert.Equal(2, disk.Content.Span[0]);
            lost += disk.Content.Span.Contains((byte)0) ? 1 : 0;
        });
        Assert.InRange(lost, 10, 49);
    }

    [Fact]
    public void tear_blocks_only_if_they_tear()
    {
        var torn = new int[2];
        for (var seed = 1; seed <= 60; seed++)
        {
            Simulation.Run(seed, async world =>
            {
                for (var tears = 0; tears < 2; tears++)
                {
                    var disk = Disk(world);
                    disk.Faults = DiskFaults.None with { TornBlockRate = tears };
                    await disk.WriteAsync(0, Filled(1));
                    await disk.WriteAsync(Sector, Filled(1));
                    disk.PowerCut();
                    for (var sector = 0; sector < 2; sector++)
                    {
                        var isTorn = disk.Content.Span.Slice(sector * Sector, Sector).ContainsAnyExcept(disk.Content.Span[sector * Sector]);
                        torn[tears] += isTorn ? 1 : 0;
                        Assert.Equal(isTorn, disk.CorruptedSectors.Contains(sector));
                    }
                }
            });
        }
        Assert.Equal(0, torn[0]);
        Assert.NotEqual(0, torn[1]);
    }

    [Fact]
    public void lose_only_the_newest_writes_of_a_cache_that_is_full() => Simulation.RunMany(1, 50, async world =>
    {
        var disk = Disk(world, new SimulatedDiskOptions { CacheSize = 3 * Sector });
        for (byte i = 1; i <= 9; i++)
            await disk.WriteAsync(0, Filled(i));
        Assert.Equal(3, disk.HeldWrites);
        disk.PowerCut();
        Assert.InRange(disk.Content.Span[0], 6, 9);
    });

    [Fact]
    public void spare_what_only_a_process_has_lost()
    {
        Simulation.RunMany(1, 50, async world =>
        {
            var node = world.AddNode("a");
            var disk = node.AddDisk("data", Sectors * Sector);
            var actor = node.System.ActorOf(Props.Create(() => new Writer(disk)));
            actor.Tell((byte)1);
            await world.UntilAsync(() => disk.InFlight > 0, TimeSpan.FromSeconds(1));
            node.Kill();
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.Equal(1, disk.Content.Span[0]);      // the machine lives, and carries out what it was given
            Assert.Equal(1, disk.HeldWrites);           // but the process does not flush anymore
            node.Start();
            Assert.Same(disk, Assert.Single(node.Disks));
            Assert.Equal(1, disk.Content.Span[0]);
        });
    }

    [Fact]
    public void cost_a_node_its_process_and_what_it_has_not_flushed()
    {
        var left = new HashSet<byte>();
        Simulation.RunMany(1, 50, async world =>
        {
            var disk = world.AddDisk("data", Sectors * Sector);
            var node = world.AddNode("a", start: started => started.System.ActorOf(Props.Create(() => new Writer(disk)), "writer"));
            node.AddDisk(disk);
            node.System.ActorSelection("/user/writer").Tell((byte)1);
            await world.UntilAsync(() => disk.HeldWrites > 0 || disk.InFlight > 0, TimeSpan.FromSeconds(1));
            node.CutPower();
            Assert.False(node.IsAlive);
            Assert.Contains(world.Story, static line => line.Contains("power cut", StringComparison.Ordinal));
            left.Add(disk.Content.Span[0]);
            node.Start();
            node.System.ActorSelection("/user/writer").Tell((byte)2);
            await world.UntilAsync(() => disk.Content.Span[0] == 2 && disk.HeldWrites == 0, TimeSpan.FromSeconds(1));
            node.CutPower();
            node.CutPower();
            Assert.Equal(2, disk.Content.Span[0]);
            Assert.Throws<ArgumentException>(() => node.AddDisk(disk));
            node.AddDisk("log", Sector);
            Assert.Throws<ArgumentException>(() => node.AddDisk("log", Sector));
        });
        Assert.Equal("0 1", string.Join(" ", left.Order()));
    }

    [Fact]
    public void not_be_needed_to_hold_up_a_frozen_process_which_sees_its_ios_end_when_it_thaws()
    {
        Simulation.Run(1, async world =>
        {
            var node = world.AddNode("a");
            var disk = node.AddDisk("data", Sectors * Sector);
            node.System.ActorOf(Props.Create(() => new Writer(disk))).Tell((byte)1);
            await world.UntilAsync(() => disk.InFlight > 0, TimeSpan.FromSeconds(1));
            node.Freeze();
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.Equal((0, 1, 1), (disk.InFlight, disk.HeldWrites, disk.Content.Span[0]));
            node.Thaw();
            await world.UntilAsync(() => disk.HeldWrites == 0, TimeSpan.FromSeconds(1));
        });
    }

    [Theory]
    [InlineData(DeviceFeatures.VolatileCache)]
    [InlineData(DeviceFeatures.None)]
    public void be_followed_by_the_restore_of_an_old_image(DeviceFeatures features)
    {
        Simulation.Run(1, async world =>
        {
            var disk = Disk(world, new SimulatedDiskOptions { Features = features });
            await disk.WriteAsync(0, Filled(1));
            await disk.FlushAsync();
            var image = disk.Content.ToArray();
            await disk.WriteAsync(0, Filled(2));
            await disk.FlushAsync();
            await disk.WriteAsync(0, Filled(3));
            var write = disk.WriteAsync(0, Filled(4)).AsTask();
            disk.Restore(image);
            Assert.Equal(IoError.NoDevice, (await write).Error);
            disk.PowerCut();
            Assert.Equal(1, disk.Content.Span[0]);
        });
    }

    private static async Task Fill(World world, SimulatedDisk disk)
    {
        byte value = 0;
        for (var round = world.Random.Next(1, 6); round > 0; round--)
        {
            var ios = new List<Task>();
            for (var i = world.Random.Next(1, 8); i > 0; i--)
                ios.Add(world.Random.Next(4) == 0 ? disk.FlushAsync().AsTask() : Write(++value));
            await (world.Random.Next(2) == 0 ? Task.WhenAll(ios) : Task.WhenAny(ios));
        }

        Task Write(byte write)
        {
            var sector = world.Random.Next(Sectors);
            var count = Math.Min(world.Random.Next(1, 5), Sectors - sector);
            return disk.WriteAsync(sector * Sector, Enumerable.Repeat(write, count * Sector).ToArray()).AsTask();
        }
    }

    private static SimulatedDisk Disk(World world, SimulatedDiskOptions? options = null) => world.AddDisk("disk", Sectors * Sector, options);

    private static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, Sector)];

    /// <summary>What each sector may hold: the last write that had completed when the last successful flush was issued, and everything newer.</summary>
    private sealed class Versions : IDiskObserver
    {
        private readonly List<byte>[] _done = [.. Enumerable.Range(0, Sectors).Select(static _ => new List<byte> { 0 })];
        private readonly List<byte>[] _inFlight = [.. Enumerable.Range(0, Sectors).Select(static _ => new List<byte>())];
        private readonly Dictionary<SimulatedIo, byte[]> _flushes = [];

        public void Issued(SimulatedIo io)
        {
            if (io.Kind == DiskIoKind.Flush)
                _flushes.Add(io, [.. _done.Select(static done => done[^1])]);
            foreach (var sector in SectorsOf(io))
                _inFlight[sector].Add(io.Data.Span[0]);
        }

        public void Completed(SimulatedIo io)
        {
            foreach (var sector in SectorsOf(io))
            {
                _inFlight[sector].Remove(io.Data.Span[0]);
                _done[sector].Add(io.Data.Span[0]);
            }
            if (_flushes.Remove(io, out var last))
            {
                for (var i = 0; i < Sectors; i++)
                    _done[i].RemoveRange(0, Math.Max(0, _done[i].IndexOf(last[i])));
            }
        }

        public IEnumerable<(byte Value, byte Flushed, byte Newest)> Check(SimulatedDisk disk)
        {
            for (var i = 0; i < Sectors; i++)
            {
                var bytes = disk.Content.Slice(i * Sector, Sector);
                Assert.False(bytes.Span.ContainsAnyExcept(bytes.Span[0]), $"sector {i} is torn");
                Assert.Contains(bytes.Span[0], _done[i].Concat(_inFlight[i]));
                yield return (bytes.Span[0], _done[i][0], _done[i][^1]);
            }
        }

        private static IEnumerable<int> SectorsOf(SimulatedIo io) =>
            io.Kind == DiskIoKind.Write ? Enumerable.Range((int)io.Offset / Sector, io.Length / Sector) : [];
    }

    private sealed class Writer : ReceiveActor
    {
        public Writer(SimulatedDisk disk) => ReceiveAsync<byte>(async value =>
        {
            await disk.WriteAsync(0, Filled(value));
            await disk.FlushAsync();
        });
    }
}
