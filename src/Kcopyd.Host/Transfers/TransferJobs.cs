using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Runs the jobs of one command on its client.</summary>
internal sealed class TransferJobs(KcopydClient client, TransferDevices devices, CopyFlags flags, LatestProgress progress, CancellationToken cancellationToken)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    public TransferDevices Devices { get; } = devices;

    /// <summary>Copies the whole region in one job, and flushes it to stable storage.</summary>
    public async Task RunWholeAsync(TransferResult result)
    {
        var copied = await RunAsync(0, Devices.Plan.Length, flags | CopyFlags.Flush).ConfigureAwait(false);
        result.Add(copied);
        if (Devices.Plan.IsOpenEnded)
            result.Wanted = copied.Length;
        // A job for an empty region does no I/O, and a job that stops early does not flush. But a new file, and all data that is reported as copied, must be on
        // stable storage.
        if (result.IsStopped || Devices.Plan.Length == 0)
            await FlushAsync(result).ConfigureAwait(false);
    }

    /// <summary>Copies a part of the region in one job. A cancelled job also returns a result; nothing is flushed.</summary>
    /// <param name="offset">Offset in bytes from the start of the region, a multiple of its alignment.</param>
    /// <param name="length">Length in bytes.</param>
    public Task<CopyResult> RunAsync(long offset, long length) => RunAsync(offset, length, flags & ~CopyFlags.Flush);

    /// <summary>Flushes every destination, and adds failures to the result.</summary>
    /// <returns>False if any flush failed.</returns>
    public async Task<bool> FlushAsync(TransferResult result)
    {
        // A flush blocks the calling thread.
        var flushed = await Task.WhenAll(Devices.Destinations.Select(static device =>
            Task.Run(async () => await device.FlushAsync().ConfigureAwait(false)))).ConfigureAwait(false);
        for (var i = 0; i < flushed.Length; i++)
        {
            if (!flushed[i].IsSuccess && result.FaultOf(i) is null)
                result.AddFault(i, new IoFault(flushed[i].Error, -1, $"{Devices.Destinations[i].Name}: flush failed: {flushed[i].Error.Describe()}"));
        }
        return flushed.All(static one => one.IsSuccess);
    }

    private async Task<CopyResult> RunAsync(long offset, long length, CopyFlags with)
    {
        var (source, destinations) = (Devices.Plan.Source, Devices.Plan.Destinations);
        var regions = new IoRegion[destinations.Count];
        for (var i = 0; i < regions.Length; i++)
            regions[i] = Region(Devices.Destinations[i], destinations[i].Operand.Start + offset, length);
        try
        {
            KcopydJob job;
            var copied = source is null
                ? client.ZeroAsync(regions, with, out job, cancellationToken)
                : client.CopyAsync(Region(Devices.Source!, source.Operand.Start + offset, length), regions, with, out job, cancellationToken);
            progress.Started(job.Id);
            job.SubscribeProgress(progress, ProgressInterval);
            var result = await copied.ConfigureAwait(false);
            progress.Finished(result);
            return result;
        }
        catch (CopyCancelledException cancelled)
        {
            progress.Finished(cancelled.Result);
            return cancelled.Result;
        }
    }

    private IoRegion Region(IBlockDevice device, long offset, long length) => Devices.Plan.IsOpenEnded
        ? device.ToEnd(offset / IoRegion.SectorSize)
        : device.Region(offset / IoRegion.SectorSize, (length + IoRegion.SectorSize - 1) / IoRegion.SectorSize);
}
