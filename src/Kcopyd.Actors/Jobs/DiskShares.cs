using Kcopyd.Actors.Files;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Distributes a client's sub-jobs and pages among disks, so that a disk that hangs delays only the jobs that use it. A disk may take more only while its share
/// is smaller than what is free: a single disk gets half of everything, two get a third each, and something is always left for another one (the dynamic
/// threshold of Choudhury and Hahne, with a factor of one). Used by the client actor only.
/// </summary>
internal sealed class DiskShares(int maxSubJobs, PagePool pages)
{
    private const int DefaultDevices = 128;       // above this number, unused devices are removed

    private readonly Dictionary<IBlockDevice, DiskShare> _devices = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, DiskShare> _disks = [];
    private readonly List<DiskShare> _awaited = [];
    private int _leftBehind;
    private int _sweepAt = DefaultDevices;

    /// <summary>Assigns a new job its disks.</summary>
    public void Enter(Job job)
    {
        job.SourceShare = job.Source is { } source ? Enter(job, source) : null;
        for (var i = 0; i < job.DestinationCount; i++)
            job.Destinations[i].Share = Enter(job, job.Destinations[i].Device);
    }

    /// <summary>Removes a job that is done.</summary>
    public void Leave(Job job)
    {
        if (job.SourceShare is { } source)
            source.Jobs--;
        job.SourceShare = null;
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].Share is { } share)
                share.Jobs--;
        }
        if (_devices.Count > _sweepAt)
        {
            Trim();
            _sweepAt = Math.Max(DefaultDevices, 2 * _devices.Count);
        }
    }

    /// <summary>Adds a sub-job that starts.</summary>
    public static void Take(Job job, PageLease lease) => Add(job, 1, lease);

    /// <summary>Removes a sub-job that has ended.</summary>
    public static void Return(Job job, PageLease lease) => Add(job, -1, lease);

    /// <summary>A call to a device was abandoned, or an abandoned call has returned.</summary>
    public void AddLeftBehind(IBlockDevice device, int count)
    {
        Of(device).Held += count;
        _leftBehind += count;
    }

    /// <summary>Parks a job if the share of one of its disks is exhausted.</summary>
    /// <param name="job">A job that could start a sub-job.</param>
    /// <param name="inFlight">Sub-jobs of the client that are in flight.</param>
    /// <returns>True if the job now waits until <see cref="TakeReady"/>.</returns>
    public bool TryPark(Job job, int inFlight)
    {
        if (Exhausted(job, inFlight) is not { } share)
            return false;
        RunnableQueue.Remove(job);
        share.Waiting.Append(job);
        if (!share.IsAwaited)
        {
            share.IsAwaited = true;
            _awaited.Add(share);
        }
        return true;
    }

    /// <summary>Moves one waiting job of each disk that has room again to the queue. Called whenever something has ended, so that no job starves; and before
    /// the client becomes idle, because a job that was moved may have ended without starting anything.</summary>
    /// <returns>True if a job is ready.</returns>
    public bool TakeReady(int inFlight, RunnableQueue ready)
    {
        for (var i = _awaited.Count - 1; i >= 0; i--)
        {
            var share = _awaited[i];
            if (share.Waiting.Head is { } job && MayTake(share, inFlight))
            {
                RunnableQueue.Remove(job);
                ready.Append(job);
            }
            if (share.Waiting.Head is not null)
                continue;
            share.IsAwaited = false;
            _awaited.RemoveAt(i);
        }
        return ready.Head is not null;
    }

    /// <summary>Removes devices that are not in use.</summary>
    public void Trim()
    {
        foreach (var (device, share) in _devices)
        {
            if (share.IsIdle)
                _devices.Remove(device);
        }
        foreach (var (disk, share) in _disks)
        {
            if (share.IsIdle)
                _disks.Remove(disk);
        }
    }

    private DiskShare? Enter(Job job, IBlockDevice device)
    {
        var share = Of(device);
        if (share.LastJob == job.Id)
            return null;
        share.LastJob = job.Id;
        share.Jobs++;
        return share;
    }

    private DiskShare Of(IBlockDevice device)
    {
        if (_devices.TryGetValue(device, out var share))
            return share;
        var disk = DiskOf(device);
        if (!_disks.TryGetValue(disk, out share))
            _disks.Add(disk, share = new DiskShare());
        _devices.Add(device, share);
        return share;
    }

    // Files on one file system share a disk. A device that does not report its underlying storage counts as a disk.
    private static object DiskOf(IBlockDevice device)
    {
        try
        {
            return device.Locate(0).Storage switch
            {
                FileIdentity file => new DiskIdentity(file.Major, file.Minor),
                DiskIdentity disk => disk,
                _ => device,
            };
        }
        catch (Exception)
        {
            return device;      // a broken device: the exception surfaces when it is read or written
        }
    }

    private DiskShare? Exhausted(Job job, int inFlight)
    {
        if (job.SourceShare is { } source && !MayTake(source, inFlight))
            return source;
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].Share is { } share && !MayTake(share, inFlight))
                return share;
        }
        return null;
    }

    private bool MayTake(DiskShare share, int inFlight) =>
        share.Held == 0 || (share.Held < maxSubJobs - inFlight - _leftBehind && share.Pages < pages.Bound - pages.BytesInUse);

    private static void Add(Job job, int count, PageLease lease)
    {
        var bytes = count * lease.Bytes;
        if (job.SourceShare is { } source)
            Add(source, count, bytes);
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].Share is { } share)
                Add(share, count, bytes);
        }
    }

    private static void Add(DiskShare share, int count, long bytes)
    {
        share.Held += count;
        share.Pages += bytes;
    }
}
