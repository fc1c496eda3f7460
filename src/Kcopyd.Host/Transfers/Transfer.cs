using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host.Transfers;

/// <summary>Runs jobs of one command on its client.</summary>
internal sealed class Transfer(KcopydClient client, OpenTransfer devices, CopyFlags flags, LatestProgress progress, CancellationToken cancellationToken)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    public OpenTransfer Devices { get; } = devices;

    /// <summary>The whole region in one job.</summary>
    public Task RunAsync(TransferResult result) => RunAsync(0, Devices.Plan.Length, result);

    /// <summary>A part of the region in one job, which is added to the result. A cancelled job is a result, too.</summary>
    /// <param name="offset">Bytes from the start of the region, a multiple of its alignment.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="result">What the command did so far.</param>
    public async Task<CopyResult> RunAsync(long offset, long length, TransferResult result)
    {
        var copied = await RunJobAsync(offset, length).ConfigureAwait(false);
        result.Add(copied);
        // An empty region is a job without I/O, and a job that stops early does not flush. But a new file must be on stable storage, and
        // so must be what is reported as copied.
        if (result.IsStopped || length == 0)
            await FlushAsync(result).ConfigureAwait(false);
        return copied;
    }

    private async Task<CopyResult> RunJobAsync(long offset, long length)
    {
        var (source, destinations) = (Devices.Plan.Source, Devices.Plan.Destinations);
        var regions = new IoRegion[destinations.Count];
        for (var i = 0; i < regions.Length; i++)
            regions[i] = Region(Devices.Destinations[i], destinations[i].Target.Start + offset, length);
        try
        {
            KcopydJob job;
            var copied = source is null
                ? client.ZeroAsync(regions, flags, out job, cancellationToken)
                : client.CopyAsync(Region(Devices.Source!, source.Target.Start + offset, length), regions, flags, out job, cancellationToken);
            job.SubscribeProgress(progress, ProgressInterval);
            var result = await copied.ConfigureAwait(false);
            progress.Finished(result);
            return result;
        }
        catch (CopyCancelledException cancelled)
        {
            return cancelled.Result;
        }
    }

    private async Task FlushAsync(TransferResult result)
    {
        for (var i = 0; i < Devices.Destinations.Count; i++)
        {
            if (result.HasFault(i))
                continue;
            var error = (await Devices.Destinations[i].FlushAsync().ConfigureAwait(false)).Error;
            if (error != IoError.None)
                result.AddFault(i, new IoFault(error, -1, $"{Devices.Destinations[i].Name}: flush failed: {error} (errno {(int)error})"));
        }
    }

    private static IoRegion Region(IBlockDevice device, long offset, long length) =>
        device.Region(offset / IoRegion.SectorSize, (length + IoRegion.SectorSize - 1) / IoRegion.SectorSize);
}
