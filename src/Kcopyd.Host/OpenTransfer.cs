using Kcopyd.Actors.Devices;

namespace Kcopyd.Host;

/// <summary>The devices of a plan, opened; destination files are created and grown.</summary>
internal sealed class OpenTransfer : IAsyncDisposable
{
    private readonly List<FileBlockDevice> _destinations = [];
    private readonly List<string> _created = [];
    private FileBlockDevice? _source;

    private OpenTransfer(TransferPlan plan) => Plan = plan;

    public TransferPlan Plan { get; }

    /// <summary>Null: the destinations are zeroed.</summary>
    public IBlockDevice? Source => _source;

    public IReadOnlyList<IBlockDevice> Destinations => _destinations;

    /// <summary>The largest alignment of all, in bytes: offsets of jobs are multiples of it, from the start of the region.</summary>
    public int Alignment { get; private set; } = IoRegion.SectorSize;

    /// <exception cref="UsageException">Something cannot be opened, created or grown. What was created by then is deleted.</exception>
    public static async Task<OpenTransfer> OpenAsync(TransferPlan plan, TransferOptions options)
    {
        var opened = new OpenTransfer(plan);
        try
        {
            await opened.OpenDevicesAsync(options).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            opened._created.FindAll(File.Exists).ForEach(File.Delete);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
            await _source.DisposeAsync().ConfigureAwait(false);
        foreach (var destination in _destinations)
            await destination.DisposeAsync().ConfigureAwait(false);
    }

    private async Task OpenDevicesAsync(TransferOptions options)
    {
        if (Plan.Source is not null)
            _source = Keep(await Devices.OpenForAsync(Plan.Source.Target, Plan.Length, new BlockDeviceOptions { Io = options.Io, ReadOnly = true }).ConfigureAwait(false));
        foreach (var destination in Plan.Destinations)
        {
            if (destination.Kind == TargetKind.Missing)
                _created.Add(destination.Target.Path);
            var how = new BlockDeviceOptions
            {
                Io = options.Io,
                Create = destination.Kind == TargetKind.Missing,
                Length = destination.Target.Start + Plan.Length,
                Truncate = options.Truncate,
            };
            _destinations.Add(Keep(await Devices.OpenForAsync(destination.Target, Plan.Length, how).ConfigureAwait(false)));
        }
    }

    private FileBlockDevice Keep(FileBlockDevice device)
    {
        Alignment = Math.Max(Alignment, device.Alignment);
        return device;
    }
}
