using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class PowerCuts_of_a_log_store_should
{
    [Fact]
    public async Task pass_a_store_with_checksums_that_flushes_before_it_acknowledges()
    {
        var run = await LogStoreRun.OfAsync(LogBugs.None, BlockDevice.Memory(16384));
        Assert.Null(run.FirstViolation());
        Assert.Null(run.FirstViolation(new() { TearsSectors = true, Seed = 1 }));
        Assert.Null(run.FirstViolation(new() { IsOrdered = true }));
        Assert.True(run.Cuts > 200, $"only {run.Cuts} cuts");
    }

    [Fact]
    public async Task find_a_torn_record_in_a_store_without_checksums()
    {
        var run = await LogStoreRun.OfAsync(LogBugs.NoChecksums, BlockDevice.Memory(16384));
        var violation = run.FirstViolation();
        Assert.Contains("torn", violation?.Message);
        Assert.Contains("torn", run.Judge(PowerCuts.Single(run.Log, violation!.Value.Id)));
    }

    [Fact]
    public async Task find_a_record_that_was_acknowledged_before_it_was_flushed()
    {
        var run = await LogStoreRun.OfAsync(LogBugs.AcknowledgesBeforeFlush, BlockDevice.Memory(16384));
        Assert.Contains("0 records instead of 1", run.FirstViolation()?.Message);
    }

    [Fact]
    public async Task find_a_record_that_was_acknowledged_although_its_flush_had_failed()
    {
        var failing = BlockDevice.Memory(16384).WithErrorAt(first: 3, operations: IoOperations.Flush);
        var run = await LogStoreRun.OfAsync(LogBugs.IgnoresFlushErrors, failing);
        // The later flushes succeed, and the third record can be lost all the same.
        var violation = run.FirstViolation(new() { From = run.Log.Now });
        Assert.Contains("2 records instead of 8", violation?.Message);
        Assert.Contains("may be lost since the flush that failed", violation?.Message);
    }

    [Fact]
    public async Task pass_a_store_that_stops_at_a_failed_flush()
    {
        var failing = BlockDevice.Memory(16384).WithErrorAt(first: 3, operations: IoOperations.Flush);
        Assert.Null((await LogStoreRun.OfAsync(LogBugs.None, failing)).FirstViolation());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task find_a_commit_on_one_disk_that_overtakes_its_data_on_another(bool flushesData)
    {
        var log = new WriteLog();
        await using var data = BlockDevice.Memory(4096).WithRecording(log);
        await using var journal = BlockDevice.Memory(512).WithRecording(log);
        for (byte round = 1; round <= 4; round++)
        {
            var content = new byte[2048];
            Array.Fill(content, round);
            await data.WriteExactlyAsync(round % 2 * 2048, content);
            if (flushesData)
                await data.FlushOrThrowAsync();
            await journal.WriteExactlyAsync(0, new[] { round });
            await journal.FlushOrThrowAsync();
        }

        var isBroken = false;
        foreach (var cut in PowerCuts.Enumerate(log))
        {
            var committed = cut.Bytes(journal.Disk)[0];
            var committedData = cut.Bytes(data.Disk).Slice(committed % 2 * 2048, 2048);
            isBroken |= committed > 0 && committedData.ContainsAnyExcept(committed);
        }
        Assert.Equal(!flushesData, isBroken);
    }
}
