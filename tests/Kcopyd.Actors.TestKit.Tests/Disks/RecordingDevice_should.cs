using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class RecordingDevice_should
{
    private readonly WriteLog _log = new();

    [Fact]
    public async Task record_every_operation_that_changes_the_device()
    {
        var source = BlockDevice.Memory(4096);
        source.Bytes.Fill(9);
        await using var device = new CloningDevice(BlockDevice.Memory(4096)).WithRecording(_log);
        await device.WriteAsync(512, new byte[] { 1, 2, 3 });
        await device.WriteThroughAsync(0, new byte[] { 4 });
        await device.WriteZeroesAsync(1024, 512);
        await device.PunchAsync(1536, 512);
        await device.DiscardAsync(100, 1500);
        await device.CloneFromAsync(source, 512, 2048, 1024, OffloadKinds.Reflink);
        await device.FlushAsync();
        await device.ReadAsync(0, new byte[512]);
        Assert.Equal(
            [
                "#1 memory: write 512+3, issued at 1, completed at 2, durable at 14",
                "#2 memory: forced write 0+1, issued at 3, completed at 4, durable at 4",
                "#3 memory: zeroes 1024+512, issued at 5, completed at 6, durable at 14",
                "#4 memory: punch 1536+512, issued at 7, completed at 8, durable at 14",
                "#5 memory: discard 512+1024, issued at 9, completed at 10, durable at 14",
                "#6 memory: clone 2048+1024, issued at 11, completed at 12, durable at 14",
                "#7 memory: flush, issued at 13, completed at 14",
            ], _log.Ios.Select(static io => io.ToString()));
        Assert.Equal([1, 2, 3], _log.Ios[0].Data.ToArray());
        Assert.False(_log.Ios[5].Data.Span.ContainsAnyExcept((byte)9));
    }

    [Fact]
    public async Task show_the_content_of_the_device_after_the_last_write_if_nothing_is_lost()
    {
        var random = new Random(3);
        var medium = BlockDevice.Memory(65536 + 100);
        random.NextBytes(medium.Bytes);
        await using var device = medium.WithRecording(_log);
        for (var i = 0; i < 300; i++)
        {
            var (offset, length) = (random.Next(65536), random.Next(1, 3000));
            var data = new byte[length];
            random.NextBytes(data);
            switch (random.Next(5))
            {
                case 0: await device.WriteZeroesAsync(offset, length); break;
                case 1: await device.DiscardAsync(offset / 512 * 512, length / 512 * 512); break;
                case 2 when i % 20 == 0: await device.FlushAsync(); break;
                default: await device.WriteAsync(offset, data); break;
            }
        }
        var everything = PowerCuts.Single(_log, _log.Now * 1_000_000 + 1, new() { Discards = DiscardOutcome.Zeroes });
        Assert.True(everything.Bytes(device.Disk).SequenceEqual(medium.Bytes));
        Assert.True(PowerCuts.Single(_log, 0).Open(device.Disk).Bytes.IndexOfAnyExcept((byte)0) >= 0);
    }

    [Fact]
    public async Task record_writes_that_are_in_flight_together()
    {
        var stalled = BlockDevice.Memory(4096).WithStall(IoOperations.Write);
        await using var device = stalled.WithRecording(_log);
        var first = device.WriteAsync(0, new byte[512]).AsTask();
        var second = device.WriteAsync(512, new byte[512]).AsTask();
        await stalled.WaitingAsync(2);
        Assert.All(_log.Ios, static io => Assert.Equal(LoggedIo.Never, io.Completed));
        stalled.Release();
        await Task.WhenAll(first, second);
        Assert.Equal([1, 2], _log.Ios.Select(static io => io.Issued));
        Assert.Equal([3, 4], _log.Ios.Select(static io => io.Completed).Order());
    }

    [Fact]
    public async Task count_threads_that_write_together()
    {
        await using var device = BlockDevice.Memory(1 << 16).WithRecording(_log);
        var writers = Enumerable.Range(0, 4).Select(writer => new Thread(() =>
        {
            for (var i = 0; i < 200; i++)
                Assert.True(device.WriteAsync(writer * 4096, new byte[512]).AsTask().GetAwaiter().GetResult().IsSuccess);
        })).ToList();
        writers.ForEach(static writer => writer.Start());
        writers.ForEach(static writer => writer.Join());
        Assert.Equal(800, _log.Ios.Count);
        Assert.Equal(1600, _log.Now);
        Assert.Equal(1600, _log.Ios.SelectMany(static io => new[] { io.Issued, io.Completed }).Distinct().Count());
    }

    [Fact]
    public async Task keep_a_failed_write_in_doubt_after_a_flush()
    {
        await using var device = BlockDevice.Memory(4096).WithErrorAt(1, operations: IoOperations.Write).WithRecording(_log);
        Assert.Equal(IoError.Io, (await device.WriteAsync(0, new byte[] { 1 })).Error);
        await device.FlushAsync();
        var found = PowerCuts.Enumerate(_log, new() { From = _log.Now }).Select(cut => cut.Bytes(device.Disk)[0]).ToList();
        Assert.Equal(new byte[] { 0, 1 }, found.Order());
    }

    [Fact]
    public async Task keep_a_write_in_doubt_whose_device_has_vanished()
    {
        await using var device = BlockDevice.Memory(4096).WithCrash(operations: IoOperations.Write).WithRecording(_log);
        await Assert.ThrowsAnyAsync<Exception>(async () => await device.WriteAsync(0, new byte[] { 1 }));
        Assert.True(_log.Ios[0].HasFailed);
        Assert.Equal(2, PowerCuts.Enumerate(_log, new() { From = _log.Now }).Count());
    }

    [Fact]
    public async Task let_a_forced_write_survive_and_say_nothing_about_others()
    {
        await using var device = BlockDevice.Memory(4096).WithRecording(_log);
        await device.WriteAsync(0, new byte[] { 1 });
        await device.WriteThroughAsync(512, new byte[] { 2 });
        var cuts = PowerCuts.Enumerate(_log, new() { From = _log.Now }).Select(cut => (cut.Bytes(device.Disk)[0], cut.Bytes(device.Disk)[512])).ToList();
        Assert.Equal([((byte)0, (byte)2), ((byte)1, (byte)2)], cuts.Order());
    }

    [Fact]
    public async Task keep_everything_in_doubt_after_a_forced_write_whose_flush_has_failed()
    {
        await using var device = BlockDevice.Memory(4096).WithErrorAt(1, operations: IoOperations.Flush).WithRecording(_log);
        await device.WriteAsync(0, new byte[] { 1 });
        Assert.Equal(IoError.Io, (await device.WriteThroughAsync(512, new byte[] { 2 })).Error);
        Assert.True((await device.FlushAsync()).IsSuccess);
        Assert.Equal(4, PowerCuts.Enumerate(_log, new() { From = _log.Now }).Count());
    }

    [Fact]
    public async Task ignore_what_the_device_has_refused()
    {
        await using var device = BlockDevice.Memory(4096).WithVolatileCache().WithRecording(_log);
        Assert.Equal(IoError.NotSupported, (await device.WriteZeroesAsync(0, 512)).Error);
        Assert.Equal(IoError.Invalid, (await device.WriteAsync(-1, new byte[1])).Error);
        Assert.Equal(IoError.NoSpace, (await device.WriteAsync(4096, new byte[1])).Error);
        Assert.Equal(_log.Now + 1, PowerCuts.Enumerate(_log).Count());
    }

    [Fact]
    public async Task wait_with_changes_until_the_original_content_has_been_read()
    {
        var medium = BlockDevice.Memory(4096);
        medium.Bytes.Fill(3);
        var slow = medium.WithStall(IoOperations.Read);
        await using var device = slow.WithRecording(_log);
        var write = device.WriteAsync(0, new byte[] { 1 }).AsTask();
        Assert.False(write.IsCompleted);
        Assert.Contains("CaptureAsync", Assert.Throws<InvalidOperationException>(() => PowerCuts.Single(_log, 0)).Message);
        slow.Release();
        await write;
        await device.CaptureAsync();
        Assert.Equal(3, PowerCuts.Single(_log, 0).Bytes(device.Disk)[0]);
    }

    [Fact]
    public async Task report_that_the_original_content_cannot_be_read()
    {
        var device = BlockDevice.Memory(4096).WithErrors(ByteRange.Sectors(1)).WithRecording(_log);
        await Assert.ThrowsAsync<BlockDeviceException>(device.CaptureAsync);
        await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.WriteAsync(0, new byte[1]));
        await device.DisposeAsync();
    }

    [Fact]
    public void refuse_a_device_without_content() =>
        Assert.Throws<ArgumentException>("inner", () => new NullBlockDevice().WithRecording(_log));

    [Fact]
    public void refuse_ios_of_another_log_and_those_that_make_no_sense()
    {
        var disk = _log.AddDisk("disk", 4096);
        var other = new WriteLog();
        Assert.Throws<ArgumentException>("disk", () => other.IssueFlush(disk));
        Assert.Throws<ArgumentException>("kind", () => _log.Issue(disk, DiskIoKind.Flush, 0, new byte[1]));
        Assert.Throws<ArgumentException>("kind", () => _log.Issue(disk, DiskIoKind.Write, 0, 512L));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => _log.Issue(disk, DiskIoKind.Write, 4097, new byte[1]));
        var io = _log.IssueFlush(disk);
        Assert.Throws<ArgumentException>("io", () => other.Complete(io));
        _log.Complete(io);
        Assert.Throws<InvalidOperationException>(() => _log.Fail(io));
        Assert.Equal("disk-2", _log.AddDisk("disk", 1).Name);
    }

    private sealed class CloningDevice(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => base.Features | DeviceFeatures.Clone;

        public override async ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind)
        {
            var bytes = new byte[length];
            await source.ReadExactlyAsync(sourceOffset, bytes);
            return await Inner.WriteAsync(offset, bytes);
        }
    }
}
