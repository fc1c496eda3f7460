using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>Recorded copies of failing disks.</summary>
public sealed class Rescue_should : CommandSpec
{
    private const int Length = 4 << 20;

    private readonly ActorSystem _system = ActorSystem.Create("rescue");

    [Fact]
    public async Task need_one_run_where_errors_come_and_go()
    {
        var disk = Filled();
        var copy = BlockDevice.Memory(Length);
        var result = await RescueAsync(disk.WithErrorRate(0.1, seed: 7), copy, retries: 3);
        Assert.True(result.IsSuccess, string.Join(", ", result.Unreadable));
        Assert.True(disk.Bytes.SequenceEqual(copy.Bytes));
        Assert.Equal([new MapBlock(0, Length, MapStatus.Finished)], Map());
    }

    [Fact]
    public async Task list_and_record_exactly_what_cannot_be_read()
    {
        var disk = Filled();
        var copy = BlockDevice.Memory(Length);
        var result = await RescueAsync(disk.WithErrors(ByteRange.Sectors(100, 3), ByteRange.Sectors(5000)), copy, retries: 2);
        Assert.Equal([new UnreadableRange(100 * 512, 3 * 512), new UnreadableRange(5000 * 512, 512)], result.Unreadable);
        Assert.True(result.ReadError);
        Assert.Equal(4, Map().Sum(block => block.Status == MapStatus.BadSector ? block.Size / 512 : 0));
        Assert.Equal(Length, Map().Sum(static block => block.Size));
    }

    [Fact]
    public async Task forget_an_error_that_a_retry_repairs()
    {
        var disk = Filled();
        var failing = new FailingAtFirst(disk, sector: 777, times: 12);
        var copy = BlockDevice.Memory(Length);
        var result = await RescueAsync(failing, copy, retries: 5);
        Assert.True(result.IsSuccess);
        Assert.Empty(result.Unreadable);
        Assert.Null(result.ReadFault);
        Assert.True(disk.Bytes.SequenceEqual(copy.Bytes));
    }

    [Fact]
    public async Task read_from_the_end_to_the_start_when_asked_and_from_alternating_sides_in_retries()
    {
        var disk = Filled(64 << 20);
        var log = new ReadLog(disk.WithErrors(ByteRange.Sectors(10)));
        var copy = BlockDevice.Memory(64 << 20);
        await RescueAsync(log, copy, retries: 0, reverse: true);
        Assert.True(log.Offsets[0] >= 56 << 20, $"{log.Offsets[0]}");
        Assert.True(log.Offsets[^1] < 4 << 20, $"{log.Offsets[^1]}");
        Assert.True(disk.Bytes[8192..].SequenceEqual(copy.Bytes[8192..]));
    }

    [Fact]
    public async Task commit_a_map_of_many_blocks_together()
    {
        const int Blocks = 20_000;
        var disk = Filled(Blocks * 1024);
        File.WriteAllLines(Folder["map"],
            ["0x0 ? 1", .. Enumerable.Range(0, Blocks).SelectMany(static i => new[] { $"{i * 1024} 512 +", $"{i * 1024 + 512} 512 -" })]);
        var copy = BlockDevice.Memory(Blocks * 1024);
        var counting = new FlushCount(copy);
        var result = await RescueAsync(disk, counting, retries: 0);
        Assert.True(result.IsSuccess);
        Assert.InRange(counting.Flushes, 1, 100);       // not one per block
        Assert.Equal([new MapBlock(0, Blocks * 1024, MapStatus.Finished)], Map());
        for (var i = 0; i < Blocks; i++)
            Assert.True(disk.Bytes.Slice(i * 1024 + 512, 512).SequenceEqual(copy.Bytes.Slice(i * 1024 + 512, 512)));
    }

    [Fact]
    public async Task record_nothing_that_a_destination_could_not_flush()
    {
        var result = await RescueAsync(Filled(), BlockDevice.Memory(Length).WithFlushError(), retries: 0);
        Assert.Equal(1UL, result.WriteErrors);
        Assert.Equal([new MapBlock(0, Length, MapStatus.NonTried)], Map());
    }

    [Fact]
    public async Task stop_when_the_disk_is_pulled_and_leave_the_rest_untried()
    {
        var disk = Filled(64 << 20);
        var copy = BlockDevice.Memory(64 << 20);
        copy.Bytes.Fill(0xee);
        var result = await RescueAsync(disk.WithErrorAt(20, long.MaxValue, IoError.NoDevice), copy, retries: 3);
        Assert.Equal((true, true), (result.IsSourceGone, result.ReadError));
        Assert.Empty(result.Unreadable);
        Assert.Equal(IoError.NoDevice, result.ReadFault!.Error);
        Assert.DoesNotContain(Map(), static block => block.Status == MapStatus.BadSector);
        Assert.True(copy.Bytes[(48 << 20)..].IndexOfAnyExcept((byte)0xee) < 0, "zeroes were written for ranges that were not read");
    }

    private async Task<TransferResult> RescueAsync(IBlockDevice source, IBlockDevice destination, int retries, bool reverse = false)
    {
        var plan = new TransferPlan(Survey(source), [Survey(destination)], source.Length);
        var options = new TransferOptions
        {
            Flags = CopyFlags.IgnoreError, Rate = 0, Throttle = 100, Io = IoMode.Auto, SubJobSize = 512 << 10, Offload = null, Mapfile = Folder["map"],
            Retries = retries, Reverse = reverse, Progress = ProgressMode.None, Json = false, LogLevel = LogLevel.Warning,
        };
        await using var client = _system.Kcopyd().CreateClient();
        await using var devices = TransferDevices.Of(plan, source, destination);
        var record = (await RecordedCopy.OpenAsync(plan, options))!;
        var result = new TransferResult(plan, options);
        await record.RunAsync(new TransferJobs(client, devices, options.Flags, new LatestProgress(1), CancellationToken.None), result, CancellationToken.None);
        return result;
    }

    private static Survey Survey(IBlockDevice device) => new(new Operand("DEVICE", device.Name, 0, null), OperandKind.Disk, device.Length, device.Locate(0));

    private static MemoryBlockDevice Filled(int length = Length)
    {
        var disk = BlockDevice.Memory(length, name: "disk");
        new Random(3).NextBytes(disk.Bytes);
        return disk;
    }

    private IReadOnlyList<MapBlock> Map()
    {
        using var reader = File.OpenText(Folder["map"]);
        return MapfileFormat.Read(reader).Blocks;
    }

    /// <summary>A device with one sector that can be read only after some attempts.</summary>
    private sealed class FailingAtFirst(IBlockDevice inner, long sector, int times) : DeviceLayer(inner)
    {
        private int _left = times;

        public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) =>
            offset <= sector * 512 && sector * 512 < offset + buffer.Length && Interlocked.Decrement(ref _left) >= 0
                ? new(IoResult.Failure(IoError.Io))
                : base.ReadAsync(offset, buffer);
    }

    private sealed class ReadLog(IBlockDevice inner) : DeviceLayer(inner)
    {
        public List<long> Offsets { get; } = [];

        public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
        {
            lock (Offsets)
                Offsets.Add(offset);
            return base.ReadAsync(offset, buffer);
        }
    }

    private sealed class FlushCount(IBlockDevice inner) : DeviceLayer(inner)
    {
        private int _flushes;

        public int Flushes => _flushes;

        public override ValueTask<IoResult> FlushAsync()
        {
            Interlocked.Increment(ref _flushes);
            return base.FlushAsync();
        }
    }
}
