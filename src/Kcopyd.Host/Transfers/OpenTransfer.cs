using Akka.Actor;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Host.Transfers;

/// <summary>The devices of a plan, opened; destination files are created and grown.</summary>
internal sealed class OpenTransfer : IAsyncDisposable
{
    private readonly List<IBlockDevice> _destinations = [];
    private readonly List<string> _created = [];
    private readonly bool _ownsSource;

    private OpenTransfer(TransferPlan plan, IBlockDevice? source)
    {
        Plan = plan;
        Source = source;
        _ownsSource = source is null;
    }

    public TransferPlan Plan { get; }

    /// <summary>Null: the destinations are zeroed.</summary>
    public IBlockDevice? Source { get; private set; }

    public IReadOnlyList<IBlockDevice> Destinations => _destinations;

    /// <summary>The largest alignment of all, in bytes: offsets of jobs are multiples of it, from the start of the region.</summary>
    public int Alignment { get; private set; } = IoRegion.SectorSize;

    /// <summary>Opens everything.</summary>
    /// <param name="plan">What.</param>
    /// <param name="options">How.</param>
    /// <param name="source">The source where it is open already, and stays so; null opens what the plan names.</param>
    /// <param name="system">Where exports of NBD servers live; needed if the plan has any.</param>
    /// <exception cref="UsageException">Something cannot be opened, created or grown. What was created by then is deleted.</exception>
    public static async Task<OpenTransfer> OpenAsync(TransferPlan plan, TransferOptions options, IBlockDevice? source = null, ActorSystem? system = null)
    {
        var opened = new OpenTransfer(plan, source);
        try
        {
            await opened.OpenDevicesAsync(options, system).ConfigureAwait(false);
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
        if (_ownsSource && Source is not null)
            await Source.DisposeAsync().ConfigureAwait(false);
        foreach (var destination in _destinations)
            await destination.DisposeAsync().ConfigureAwait(false);
    }

    private async Task OpenDevicesAsync(TransferOptions options, ActorSystem? system)
    {
        if (Source is not null)
            Alignment = Math.Max(Alignment, Source.Alignment);
        else if (Plan.Source is { Kind: TargetKind.Remote } remote)
            Source = Keep(await RemoteDevices.OpenAsync(remote.Target, Plan.Length, isReadOnly: true, system!).ConfigureAwait(false));
        else if (Plan.Source is not null)
            Source = Keep(await Devices.OpenForAsync(Plan.Source.Target, Plan.Length, new BlockDeviceOptions { Io = options.Io, ReadOnly = true }).ConfigureAwait(false));
        foreach (var destination in Plan.Destinations)
        {
            if (destination.Kind == TargetKind.Remote)
            {
                _destinations.Add(Keep(await RemoteDevices.OpenAsync(destination.Target, Plan.Length, isReadOnly: false, system!).ConfigureAwait(false)));
                continue;
            }
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

    private IBlockDevice Keep(IBlockDevice device)
    {
        Alignment = Math.Max(Alignment, device.Alignment);
        return device;
    }
}
