using System.Security.Cryptography;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>Judges one job.</summary>
internal sealed class JobModel(JobOutcome job, IoLog log, OffloadKinds offload, bool isStopped, bool hasKills)
{
    private readonly JobPlan _plan = job.Plan;
    private readonly IoEntry[] _reads = [.. In(log, job.Plan.From)];
    private readonly IoEntry[][] _ios = [.. job.Plan.To.Select(to => In(log, to).ToArray())];

    public List<string> Complaints { get; } = [];

    public static IEnumerable<IoEntry> In(IoLog log, IoRegion? region) => region is not { } at ? [] : log.Entries.Where(entry =>
        entry.Device == at.Device && entry.Kind != DiskIoKind.Flush
        && entry.Offset >= at.Offset && entry.Offset < at.Offset + at.Count * IoRegion.SectorSize);

    public void Judge()
    {
        ReadErrorMeansAFailedRead();
        UnreadableRangesAreTheBadOnes();
        var whole = 0;
        for (var i = 0; i < _plan.To.Length; i++)
        {
            BitMeansAFailedDestination(i);
            EverySectorIsOldOrNew(i, out var isWhole, out var written);
            whole += isWhole ? 1 : 0;
            if (!isWhole && MustBeWhole(i))
                Complaints.Add($"destination {i} is not whole, and nothing says so");
            if (MustBeWhole(i) && _plan.Flushes && _plan.Length > 0 && !IsFlushed(i))
                Complaints.Add($"destination {i} was not flushed, and nothing says so");
            if (job.Result is { } result)
                DetailIsRight(result, i, written);
            if (_plan.IsSequential)
                IsWrittenInOrder(i);
        }
        OffloadedIsRight();
        if (job.Result is { IsCancelled: true } && !job.IsCancelRequested)
            Complaints.Add("cancelled by nobody");
        if (job.Result is { IsCancelled: true, ReadError: false, WriteErrors: 0 })
            Complaints.Add("cancelled, although it was whole");
    }

    private bool Bit(int destination) => (job.WriteErrors >> destination & 1) != 0;

    private static SimulatedDisk Device(IoRegion region) => (SimulatedDisk)region.Device;

    private static bool Crashed(IEnumerable<IoEntry> ios) => ios.Any(io => io.Error == IoError.WorkerCrashed);

    private void ReadErrorMeansAFailedRead()
    {
        var hasFailed = HasFailed(_reads);
        if (hasFailed && !job.ReadError)
            Complaints.Add("something could not be read, and read_err is clear");
        if (job.ReadError && !hasFailed && !isStopped && !(hasKills && _plan.From is not null))
            Complaints.Add("read_err is set, and no read failed");
        if (job.WriteErrors >> _plan.To.Length is not 0 and var beyond && _plan.To.Length < 64)
            Complaints.Add($"bits beyond the destinations: {beyond:x}");
    }

    private void BitMeansAFailedDestination(int i)
    {
        // A destination that cannot be read before it is written is written all the same.
        var hasFailed = (!_plan.Flags.HasFlag(CopyFlags.OnlyDifferent) && HasFailed(_ios[i].Where(io => io.Kind == DiskIoKind.Read)))
            || Crashed(_ios[i].Where(io => io.Completed <= job.NotifiedAt))
            || HasFailed(_ios[i].Where(io => io.Kind != DiskIoKind.Read));
        if (hasFailed && !Bit(i))
            Complaints.Add($"destination {i} failed, and its bit is clear");
        var mayBeSet = hasFailed || isStopped || hasKills || job.IsCancelRequested
            || (_plan.Flushes && Device(_plan.To[i]).Faults.FlushErrorRate > 0) || (_plan.Verifies && Garbled(i).Any());
        if (Bit(i) && !mayBeSet)
            Complaints.Add($"the bit of destination {i} is set, and it did not fail");
    }

    // What failed and then succeeded at a second look has not failed.
    private bool HasFailed(IEnumerable<IoEntry> ios)
    {
        var done = ios.Where(io => io.Completed <= job.NotifiedAt).ToArray();
        return done.Any(failed => failed.IsFailure && (failed.Bytes == failed.Length
            || Sectors(failed.Offset + failed.Bytes, failed.Length - failed.Bytes)
                .Any(sector => !done.Any(other => other.Issued >= failed.Completed && Covers(other, sector)))));
    }

    private static bool Covers(IoEntry io, long sector) => io.Offset <= sector << IoRegion.SectorShift && sector << IoRegion.SectorShift < io.Offset + io.Bytes;

    private IEnumerable<long> Garbled(int i) => Device(_plan.To[i]).CorruptedSectors
        .Where(sector => sector >= _plan.To[i].Sector && sector < _plan.To[i].Sector + _plan.To[i].Count);

    // A clear bit is a promise, whoever else failed, if the job ignores errors; otherwise if nobody failed. A reader that died is the end of any job.
    private bool MustBeWhole(int i) => !Bit(i) && !(job.ReadError && (hasKills || Crashed(_reads) || VerificationCouldNotRead))
        && (_plan.IgnoresErrors ? !isStopped : job is { ReadError: false, WriteErrors: 0 });

    private bool VerificationCouldNotRead => _plan.Verifies && !Device(_plan.From!.Value).Faults.IsPersistent;

    private IEnumerable<IoEntry> Clones => _ios.SelectMany(ios => ios).Where(io => io.Kind == DiskIoKind.Clone);

    private bool IsFlushed(int i)
    {
        var lastWrite = _ios[i].Where(io => io.Changes).Select(io => io.Completed).DefaultIfEmpty().Max();
        return log.Entries.Exists(io => io.Kind == DiskIoKind.Flush && io.Device == _plan.To[i].Device && io.Issued >= lastWrite
            && io.Error == IoError.None && io.Completed <= job.NotifiedAt);
    }

    private void EverySectorIsOldOrNew(int i, out bool isWhole, out long written)
    {
        var to = _plan.To[i];
        var device = Device(to);
        isWhole = true;
        // Zeroes that were found count as written.
        written = _ios[i].Where(io => (io.Changes || io.Kind == DiskIoKind.Map) && io.Completed <= job.NotifiedAt && !io.IsVain).Sum(io => io.Bytes);
        for (var at = 0; at < _plan.Length; at += IoRegion.SectorSize)
        {
            var length = Math.Min(IoRegion.SectorSize, _plan.Length - at);
            var now = device.Content.Span.Slice((int)to.Offset + at, length);
            var isGarbled = device.CorruptedSectors.Contains(to.Sector + at / IoRegion.SectorSize);
            if (IsNew(at, now) || (isGarbled && !_plan.Verifies))
                continue;
            isWhole = false;
            if (!isGarbled && !now.SequenceEqual(log.Originals[device].AsSpan((int)to.Offset + at, length)))
                Complaints.Add($"destination {i} holds at byte {at} neither what it held nor what it should");
        }
    }

    private bool IsNew(int at, ReadOnlySpan<byte> now)
    {
        if (_plan.From is not { } from)
            return !now.ContainsAnyExcept((byte)0);
        var source = Device(from).Content.Span.Slice((int)from.Offset + at, now.Length);
        return now.SequenceEqual(source) || (_plan.IgnoresErrors && MayBeUnreadable(from.Offset + at) && !now.ContainsAnyExcept((byte)0));
    }

    private bool MayBeUnreadable(long offset) => _reads.Any(io => io.IsFailure && io.Offset + io.Bytes <= offset && offset < io.Offset + io.Length);

    private void UnreadableRangesAreTheBadOnes()
    {
        if (job.Result is not { } result || _plan.From is not { } from)
            return;
        var listed = result.Unreadable.SelectMany(range => Sectors(range.Offset, range.Length)).ToHashSet();
        if (!_plan.IgnoresErrors && listed.Count > 0)
            Complaints.Add("ranges are listed as unreadable, and the job does not ignore errors");
        foreach (var sector in listed.Where(sector => !MayBeUnreadable(sector << IoRegion.SectorShift)))
            Complaints.Add($"sector {sector} is listed as unreadable, and was never seen to fail");
        var device = Device(from);
        if (!_plan.IgnoresErrors || isStopped || hasKills || job.IsCancelRequested || !device.Faults.IsPersistent)
            return;
        var bad = device.Faults.BadReads.SelectMany(range => Sectors(range.Offset, range.Length))
            .Where(sector => sector >= from.Sector && (sector << IoRegion.SectorShift) < from.Offset + _plan.Length).ToHashSet();
        if (!listed.SetEquals(bad))
            Complaints.Add($"unreadable are sectors [{string.Join(' ', bad)}], and listed are [{string.Join(' ', listed)}]");
    }

    private void OffloadedIsRight()
    {
        var ways = Clones.Aggregate(OffloadKinds.None, (all, io) => all | io.Way);
        if ((ways & ~offload) != 0 || (_plan.IsSequential && ways != 0) || (_plan.IgnoresErrors && (ways & OffloadKinds.Reflink) != 0))
            Complaints.Add($"it was cloned by {ways}, and may not be");
        if ((offload & OffloadKinds.Holes) == 0 && _reads.Any(io => io.Kind == DiskIoKind.Map))
            Complaints.Add("holes were looked for, and may not be");
        if (job.Result is not { } result || hasKills || isStopped)
            return;
        var ios = _ios.SelectMany(ios => ios).Where(io => io.Completed <= job.NotifiedAt).ToArray();
        long Bytes(OffloadKinds way) => ios.Where(io => io.Way == way && io.Kind == DiskIoKind.Clone && !io.IsVain).Sum(io => io.Bytes);
        var zeroes = ios.Where(io => io.Kind is DiskIoKind.WriteZeroes or DiskIoKind.Map).Sum(io => io.Bytes);
        var told = result.Offloaded;
        if ((told.Reflink, told.ServerCopy, told.KernelCopy) != (Bytes(OffloadKinds.Reflink), Bytes(OffloadKinds.ServerCopy), Bytes(OffloadKinds.KernelCopy))
            || told.SmallCopy != Bytes(OffloadKinds.SmallCopy)
            || told.Holes + told.DetectedZeroes + told.WriteZeroes != zeroes)
            Complaints.Add($"not as it was: {told}, and {zeroes} bytes were zeroed");
        if (OffloadNames.All.Any(name => OffloadNames.Parse([name]) is var kind && (offload & kind) == 0 && told.Of(kind) != 0))
            Complaints.Add($"not all of it is allowed: {told}, {offload}");
    }

    private static IEnumerable<long> Sectors(long offset, long length)
    {
        for (var sector = offset >> IoRegion.SectorShift; sector << IoRegion.SectorShift < offset + length; sector++)
            yield return sector;
    }

    private void DetailIsRight(CopyResult result, int i, long written)
    {
        var detail = result.Destinations[i];
        if ((detail.Fault is not null) != Bit(i))
            Complaints.Add($"destination {i}: its bit is {Bit(i)}, and its fault is {detail.Fault}");
        var carried = detail.Bytes - detail.Unchanged;
        if (hasKills || isStopped ? carried > written : carried != written)
            Complaints.Add($"destination {i}: {carried} bytes are told, and {written} were written");
        if ((result.ReadFault is not null) != result.ReadError)
            Complaints.Add($"read_err is {result.ReadError}, and the fault is {result.ReadFault}");
        var to = _plan.To[i];
        var isSettled = _ios[i].All(io => !io.Changes || io.Completed <= job.NotifiedAt);   // a killed writer's I/O may land later
        if (detail.Sha256 is { } hash && isSettled
            && hash != Convert.ToHexStringLower(SHA256.HashData(Device(to).Content.Span.Slice((int)to.Offset, _plan.Length))))
            Complaints.Add($"destination {i} has another hash than is told");
        if (detail.Sha256 is { } same && !Bit(i) && result.SourceSha256 is { } source && source != same)
            Complaints.Add($"destination {i} has another hash than the source, and nothing says so");
        if (_plan.Flags.HasFlag(CopyFlags.VerifyHash) && result.IsSuccess && _plan.Length > 0 && detail.Sha256 is null)
            Complaints.Add($"destination {i} has no hash");
    }

    private void IsWrittenInOrder(int i)
    {
        var writes = _ios[i].Where(io => io.Changes && io.Error != IoError.NotSupported).ToArray();
        for (var n = 1; n < writes.Length; n++)
        {
            if (writes[n].Offset <= writes[n - 1].Offset)
                Complaints.Add($"destination {i} is written out of order: [{writes[n]}] after [{writes[n - 1]}]");
            if (writes[n - 1].IsFailure && writes[n - 1].Completed <= writes[n].Issued)
                Complaints.Add($"destination {i} is written after an error: [{writes[n]}]");
        }
    }
}
