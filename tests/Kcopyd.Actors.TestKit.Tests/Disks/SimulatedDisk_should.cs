using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class SimulatedDisk_should
{
    private const int Sector = IoRegion.SectorSize;

    [Fact]
    public void hold_what_a_device_in_memory_holds_after_the_same_ios() => Simulation.RunMany(1, 50, async world =>
    {
        var random = world.Random;
        var content = new byte[20 * Sector + random.Next(Sector)];
        random.NextBytes(content);
        var model = (byte[])content.Clone();
        var disk = world.AddDisk("disk", content, new SimulatedDiskOptions { Faults = DiskFaults.None with { AtOnceRate = random.NextDouble() } });
        for (var i = 0; i < 100; i++)
        {
            var offset = random.Next(model.Length);
            var bytes = new byte[random.Next(4 * Sector)];
            var whole = Math.Min(bytes.Length, model.Length - offset);
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(bytes);
                    Assert.Equal(IoResult.Success(whole), await disk.WriteAsync(offset, bytes));
                    bytes.AsSpan(0, whole).CopyTo(model.AsSpan(offset));
                    break;
                case 1:
                    Assert.Equal(IoResult.Success(whole), await disk.WriteZeroesAsync(offset, bytes.Length));
                    model.AsSpan(offset, whole).Clear();
                    break;
                case 2:
                    Assert.True((await disk.FlushAsync()).IsSuccess);
                    break;
                default:
                    Assert.Equal(IoResult.Success(whole), await disk.ReadAsync(offset, bytes));
                    Assert.Equal(model.AsSpan(offset, whole), bytes.AsSpan(0, whole));
                    break;
            }
        }
        Assert.Equal(model, disk.Content.Span);
        Assert.Empty(disk.CorruptedSectors);
    }, replays: 3);

    [Fact]
    public void carry_out_ios_in_flight_in_any_order_and_no_byte_before()
    {
        var orders = new HashSet<string>();
        for (var seed = 1; seed <= 60; seed++)
        {
            Simulation.Run(seed, async world =>
            {
                var observer = new Contents();
                var disk = world.AddDisk("disk", Sector, new SimulatedDiskOptions { Observer = observer });
                var writes = Enumerable.Range(1, 3).Select(value => disk.WriteAsync(0, Filled((byte)value)).AsTask()).ToArray();
                Assert.Equal(0, disk.Content.Span[0]);
                Assert.Equal(3, disk.InFlight);
                await Task.WhenAll(writes);
                orders.Add(string.Concat(observer.Seen));
            });
        }
        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void take_the_time_that_its_latency_says()
    {
        Simulation.Run(1, async world =>
        {
            var faults = DiskFaults.None with { MinLatency = TimeSpan.FromMilliseconds(5), MaxLatency = TimeSpan.FromMilliseconds(10) };
            var disk = world.AddDisk("disk", Sector, new SimulatedDiskOptions { Faults = faults });
            for (var i = 1; i <= 20; i++)
            {
                var before = world.Now;
                await disk.ReadAsync(0, new byte[Sector]);
                Assert.InRange(world.Now - before, faults.MinLatency, faults.MaxLatency);
            }
        });
    }

    [Fact]
    public void report_what_is_zero_and_clone_from_another_one()
    {
        Simulation.Run(1, async world =>
        {
            var options = new SimulatedDiskOptions { Features = DeviceFeatures.Map, Clones = OffloadKinds.Reflink };
            var source = world.AddDisk("source", [.. new byte[2 * Sector], .. Filled(7), .. new byte[100]], options);
            var target = world.AddDisk("target", 4 * Sector, options);
            Assert.Equal(DeviceFeatures.Map | DeviceFeatures.Clone, source.Features);
            Assert.Equal(ExtentResult.Zero(Sector + 500), await source.MapAsync(Sector - 500, 10 * Sector));
            Assert.Equal(ExtentResult.Data(Sector), await source.MapAsync(2 * Sector, 10 * Sector));
            Assert.Equal(ExtentResult.Zero(100), await source.MapAsync(3 * Sector, 10 * Sector));
            Assert.Equal(IoResult.Success(Sector + 100), await target.CloneFromAsync(source, 2 * Sector, Sector, 3 * Sector, OffloadKinds.Reflink));
            Assert.Equal([.. new byte[Sector], .. Filled(7), .. new byte[2 * Sector]], target.Content.Span);
            Assert.Equal(OffloadKinds.None, target.CloneKinds(BlockDevice.Memory(Sector)));
        });
    }

    [Fact]
    public void discard_whole_blocks_only()
    {
        Simulation.Run(1, async world =>
        {
            var disk = world.AddDisk("disk", [.. Filled(1), .. Filled(2), .. Filled(3)]);
            Assert.True((await disk.DiscardAsync(100, 2 * Sector)).IsSuccess);
            Assert.Equal([.. Filled(1), .. new byte[Sector], .. Filled(3)], disk.Content.Span);
        });
    }

    [Fact]
    public void refuse_what_it_cannot_do()
    {
        Simulation.Run(1, async world =>
        {
            var disk = world.AddDisk("disk", 3 * Sector + 1, new SimulatedDiskOptions { Alignment = Sector });
            Assert.Equal(IoError.Invalid, (await disk.ReadAsync(1, new byte[Sector])).Error);
            Assert.Equal(IoError.Invalid, (await disk.WriteAsync(0, new byte[Sector + 1])).Error);
            Assert.Equal(IoError.Invalid, (await disk.ReadAsync(-Sector, new byte[Sector])).Error);
            Assert.Equal(IoError.NoSpace, (await disk.WriteAsync(4 * Sector, new byte[Sector])).Error);
            Assert.Equal(IoResult.Success(0), await disk.ReadAsync(4 * Sector, new byte[Sector]));
            Assert.Equal(IoResult.Success(Sector + 1), await disk.ReadAsync(2 * Sector, new byte[Sector + 1]));
            Assert.Equal(IoError.NotSupported, (await disk.CloneFromAsync(BlockDevice.Memory(Sector), 0, 0, Sector, OffloadKinds.Reflink)).Error);
            var image = world.AddDisk("image", Sector, new SimulatedDiskOptions { IsReadOnly = true });
            Assert.Equal(IoError.ReadOnly, (await image.WriteAsync(0, new byte[Sector])).Error);

            Assert.Throws<ArgumentOutOfRangeException>(() => world.AddDisk("disk", -1));
            Assert.Throws<ArgumentException>(() => world.AddDisk("", 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => world.AddDisk("disk", 1, new SimulatedDiskOptions { LogicalBlockSize = 256 }));
            Assert.Throws<ArgumentOutOfRangeException>(() => world.AddDisk("disk", 1, new SimulatedDiskOptions { Alignment = 3 }));
            Assert.Throws<ArgumentException>(() => world.AddDisk("disk", 1, new SimulatedDiskOptions { Features = DeviceFeatures.Stream }));
            Assert.Equal("ShortRate", Assert.Throws<ArgumentOutOfRangeException>(() => disk.Faults = new DiskFaults { ShortRate = 1.5 }).ParamName);
            Assert.Throws<ArgumentOutOfRangeException>(() => disk.Faults = new DiskFaults { MinLatency = TimeSpan.FromSeconds(1) });
            Assert.Throws<ArgumentException>(() => disk.Faults = new DiskFaults { ReadError = IoError.None });
            Assert.Throws<ArgumentException>(() => disk.Restore(new byte[1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => disk.FlipBit(0, 8));
            Assert.Throws<ArgumentOutOfRangeException>(() => disk.FlipBit(disk.Length, 0));
        });
    }

    [Fact]
    public void tell_its_observer_everything_and_let_it_choose_which_io_fails()
    {
        Simulation.Run(1, async world =>
        {
            var observer = new FailingAt(3);
            var options = new SimulatedDiskOptions { Observer = observer };
            var disks = Enumerable.Range(0, 2).Select(i => world.AddDisk($"disk{i}", Sector, options)).ToArray();
            Assert.True((await disks[0].WriteAsync(0, Filled(1))).IsSuccess);
            Assert.True((await disks[1].ReadAsync(0, new byte[Sector])).IsSuccess);
            Assert.Equal(IoError.TimedOut, (await disks[1].FlushAsync()).Error);
            Assert.True((await disks[1].FlushAsync()).IsSuccess);
            Assert.Equal(
                ["issued disk0 Write", "completed disk0 Write", "released disk0 Write", "issued disk1 Read", "completed disk1 Read", "released disk1 Read"],
                observer.Told.Take(6));
            Assert.Equal(12, observer.Told.Count);
            Assert.All(observer.Ios, io => Assert.InRange(io.Completed, io.Issued + 1, world.Steps));
            Assert.Throws<InvalidOperationException>(() => observer.Ios[0].Fail(IoError.Io));
            Assert.Throws<ArgumentException>(() => observer.Ios[0].Fail(IoError.None));
        });
    }

    [Fact]
    public void work_under_the_layers_of_faults_and_under_the_engine()
    {
        Simulation.RunMany(1, 10, async world =>
        {
            var content = new byte[100 * Sector];
            world.Random.NextBytes(content);
            var faults = DiskFaults.Draw(world.Random, content.Length, DiskFaultKinds.Shorts | DiskFaultKinds.Latency);
            var source = world.AddDisk("source", content, new SimulatedDiskOptions { Faults = faults });
            var bad = world.AddDisk("bad", content.Length, new SimulatedDiskOptions { Faults = faults });
            var good = world.AddDisk("good", content.Length, new SimulatedDiskOptions { Faults = faults });
            var client = world.AddNode("a").System.Kcopyd().CreateClient();
            var copied = new TaskCompletionSource<CopyResult>();
            client.Copy(source.Whole(), [bad.WithErrors(ByteRange.Sectors(50)).Whole(), good.Whole()], CopyFlags.IgnoreError, copied.SetResult);
            var result = await copied.Task;
            Assert.Equal(1UL, result.WriteErrors);
            Assert.Equal(content, good.Content.Span);
        });
    }

    [Fact]
    public void say_that_another_thread_has_called_it()
    {
        var failure = Assert.Throws<LeftSimulationException>(() => Simulation.Run(1, async world =>
        {
            var disk = world.AddDisk("disk", Sector);
            var thread = new Thread(() => _ = disk.FlushAsync().AsTask());
            thread.Start();
            thread.Join();
            await world.DelayAsync(TimeSpan.FromSeconds(1));
        }));
        Assert.Contains("disk Flush", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Filled(byte value)
    {
        var bytes = new byte[Sector];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private sealed class Contents : IDiskObserver
    {
        public List<byte> Seen { get; } = [];

        public void Completed(SimulatedIo io)
        {
            Seen.Add(io.Disk.Content.Span[0]);
            Assert.Equal(io.Data.Span[0], Seen[^1]);
        }
    }

    private sealed class FailingAt(int number) : IDiskObserver
    {
        public List<string> Told { get; } = [];

        public List<SimulatedIo> Ios { get; } = [];

        public void Issued(SimulatedIo io)
        {
            Told.Add($"issued {io.Disk} {io.Kind}");
            Ios.Add(io);
            if (Ios.Count == number)
                io.Fail(IoError.TimedOut);
        }

        public void Completed(SimulatedIo io) => Told.Add($"completed {io.Disk} {io.Kind}");

        public void Released(SimulatedIo io) => Told.Add($"released {io.Disk} {io.Kind}");
    }
}
