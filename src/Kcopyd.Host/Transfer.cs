using System.Globalization;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host;

/// <summary>Runs jobs of one command on its client.</summary>
internal sealed class Transfer(KcopydClient client, OpenTransfer devices, CopyFlags flags, LatestProgress progress, CancellationToken cancellationToken)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    public OpenTransfer Devices { get; } = devices;

    /// <summary>The whole region in one job.</summary>
    public async Task RunAsync(TransferResult result)
    {
        if (Devices.Plan.Length == 0)
            await FlushAsync(result).ConfigureAwait(false);
        else
            result.Add(await RunAsync(0, Devices.Plan.Length).ConfigureAwait(false));
    }

    /// <summary>A part of the region in one job. A cancelled job is a result, too.</summary>
    /// <param name="offset">Bytes from the start of the region, a multiple of its alignment.</param>
    /// <param name="length">Bytes.</param>
    public async Task<CopyResult> RunAsync(long offset, long length)
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

    // An empty region is a job without I/O; the file that was created or truncated for it must be on stable storage all the same.
    private async Task FlushAsync(TransferResult result)
    {
        for (var i = 0; i < Devices.Destinations.Count; i++)
        {
            var flushed = await Devices.Destinations[i].FlushAsync().ConfigureAwait(false);
            if (!flushed.IsSuccess)
                result.AddFault(i, new IoFault(flushed.Error, -1, string.Create(CultureInfo.InvariantCulture, $"{Devices.Destinations[i].Name}: flush failed: {flushed.Error} (errno {(int)flushed.Error})")));
        }
    }

    private static IoRegion Region(IBlockDevice device, long offset, long length) =>
        device.Region(offset / IoRegion.SectorSize, (length + IoRegion.SectorSize - 1) / IoRegion.SectorSize);
}
