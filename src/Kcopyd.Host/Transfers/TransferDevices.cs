using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The devices of a plan, opened; destination files are created and grown.</summary>
internal sealed class TransferDevices : IAsyncDisposable
{
    private readonly List<IBlockDevice> _destinations = [];
    private readonly List<NewLength> _changed = [];
    private readonly List<StorageLock> _locks = [];
    private readonly List<CancellationTokenRegistration> _aborts = [];
    private readonly bool _ownsSource;

    private TransferDevices(TransferPlan plan, IBlockDevice? source)
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

    /// <summary>Devices that are open already; they are closed with it.</summary>
    internal static TransferDevices Of(TransferPlan plan, IBlockDevice? source, params IReadOnlyList<IBlockDevice> destinations)
    {
        var opened = new TransferDevices(plan, null) { Source = source };
        if (source is not null)
            opened.Keep(source);
        opened._destinations.AddRange(destinations.Select(opened.Keep));
        return opened;
    }

    /// <summary>Opens everything.</summary>
    /// <param name="plan">What.</param>
    /// <param name="options">How.</param>
    /// <param name="console">Where standard input and output are.</param>
    /// <param name="source">The source where it is open already, and stays so; null opens what the plan names.</param>
    /// <param name="cancellationToken">The interruption: streams do not wait for their other ends then.</param>
    /// <exception cref="UsageException">Something cannot be opened, created or grown. What was created by then is deleted.</exception>
    public static async Task<TransferDevices> OpenAsync(TransferPlan plan, TransferOptions options, CommandConsole console, IBlockDevice? source, CancellationToken cancellationToken)
    {
        var opened = new TransferDevices(plan, source);
        try
        {
            await opened.OpenDevicesAsync(options, console, cancellationToken).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.CloseDevicesAsync().ConfigureAwait(false);
            opened._changed.ForEach(static change => change.Undo());
            opened._locks.ForEach(static taken => taken.Dispose());
            throw;
        }
    }

    /// <summary>Closes the devices. Of files that were made longer for a copy that then ended early, the part behind what was written is cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseDevicesAsync().ConfigureAwait(false);
        if (Unfinished is { } result)
            _changed.ForEach(change => change.CutUnwritten(result.BytesOf(change.Destination)));
        _locks.ForEach(static taken => taken.Dispose());
    }

    /// <summary>What was written before the copy ended early; null if files keep the length that they were given, because they are whole or a map file says
    /// what is.</summary>
    public TransferResult? Unfinished { get; set; }

    private async Task CloseDevicesAsync()
    {
        foreach (var abort in _aborts)
            await abort.DisposeAsync().ConfigureAwait(false);
        if (_ownsSource && Source is not null)
            await Source.DisposeAsync().ConfigureAwait(false);
        foreach (var destination in _destinations)
            await destination.DisposeAsync().ConfigureAwait(false);
    }

    private async Task OpenDevicesAsync(TransferOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        if (Source is not null)
            Alignment = Math.Max(Alignment, Source.Alignment);
        else if (Plan.Source is { Kind: OperandKind.Remote } remote)
            Source = Keep(RemoteDevices.Fit(remote, Plan.Length));
        else if (Plan.Source is { Kind: OperandKind.Stream } stream)
            Source = Keep(BlockDevice.FromStream(OpenStream(stream.Operand, () => stream.Operand.IsStandardStream ? console.OpenInput() : DescriptorStream.OpenForReading(stream.Operand.Path), cancellationToken), stream.Operand.Name));
        else if (Plan.Source is not null)
            Source = Keep(await DeviceOpening.OpenForAsync(Plan.Source.Operand, Plan.Length, new BlockDeviceOptions { Io = options.Io, ReadOnly = true }).ConfigureAwait(false));
        for (var i = 0; i < Plan.Destinations.Count; i++)
        {
            var destination = Plan.Destinations[i];
            if (destination.Kind == OperandKind.Remote)
            {
                _destinations.Add(Keep(RemoteDevices.Fit(destination, Plan.Length)));
                continue;
            }
            if (destination.Kind == OperandKind.Stream)
            {
                var output = destination.Operand.IsStandardStream ? null : await OpenPipeAsync(destination.Operand, cancellationToken).ConfigureAwait(false);
                _destinations.Add(Keep(BlockDevice.ToStream(OpenStream(destination.Operand, () => output ?? console.OpenOutput(), cancellationToken), destination.Operand.Name)));
                continue;
            }
            if (destination.Kind == OperandKind.Missing)
                await CreateAsync(destination.Operand).ConfigureAwait(false);
            var length = destination.Operand.Start + Plan.Length;
            var grows = Plan.IsOpenEnded && destination.Kind is (OperandKind.Missing or OperandKind.File);
            if (destination.Kind == OperandKind.Missing || (destination.Kind == OperandKind.File && (grows || destination.Size < length)))
                _changed.Add(new NewLength(i, destination.Operand.Path, destination.Kind == OperandKind.Missing, destination.Size));
            var how = new BlockDeviceOptions { Io = options.Io, Length = length, Truncate = options.Truncate, Grows = grows };
            _destinations.Add(Keep(await DeviceOpening.OpenForAsync(destination.Operand, Plan.Length, how).ConfigureAwait(false)));
        }
    }

    private Stream OpenStream(Operand operand, Func<Stream> open, CancellationToken cancellationToken)
    {
        try
        {
            var stream = open();
            if (stream is DescriptorStream descriptor)
                _aborts.Add(cancellationToken.Register(descriptor.Abort));
            return stream;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{operand} cannot be opened: {refused.Message}");
        }
    }

    private static async Task<Stream> OpenPipeAsync(Operand operand, CancellationToken cancellationToken)
    {
        try
        {
            return await DescriptorStream.OpenForWritingAsync(operand.Path, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException refused)
        {
            throw new UsageException($"{operand} cannot be opened: {refused.Message}");
        }
    }

    // Empty, and locked before anything is in it. It is nobody's to read who may not read the source.
    private async Task CreateAsync(Operand operand)
    {
        const UnixFileMode Usual = (UnixFileMode)0b110_110_110;
        var mode = Plan.Source?.Permissions is { } permissions ? Usual & permissions | UnixFileMode.UserRead | UnixFileMode.UserWrite : Usual;
        var created = DeviceOpening.Open(operand, new BlockDeviceOptions { CreateNew = true, CreateMode = mode });
        await created.DisposeAsync().ConfigureAwait(false);
        _locks.Add(StorageLocks.TakeNew(operand));
    }

    private IBlockDevice Keep(IBlockDevice device)
    {
        Alignment = Math.Max(Alignment, device.Alignment);
        return device;
    }
}
