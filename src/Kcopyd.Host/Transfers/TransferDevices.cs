using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The open devices of a plan; destination files are created and grown.</summary>
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

    /// <summary>The source; null if the destinations are zeroed.</summary>
    public IBlockDevice? Source { get; private set; }

    public IReadOnlyList<IBlockDevice> Destinations => _destinations;

    /// <summary>The largest alignment of all devices, in bytes: job offsets from the start of the region are multiples of it.</summary>
    public int Alignment { get; private set; } = IoRegion.SectorSize;

    /// <summary>Wraps devices that are already open, and takes ownership of them.</summary>
    internal static TransferDevices Of(TransferPlan plan, IBlockDevice? source, params IReadOnlyList<IBlockDevice> destinations)
    {
        var opened = new TransferDevices(plan, null) { Source = source };
        if (source is not null)
            opened.Keep(source);
        opened._destinations.AddRange(destinations.Select(opened.Keep));
        return opened;
    }

    /// <summary>Opens all devices.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">The options of the transfer.</param>
    /// <param name="console">Provides standard input and output.</param>
    /// <param name="source">The source if it is already open, which stays open; null opens the source of the plan.</param>
    /// <param name="cancellationToken">Interrupts the command: streams then no longer wait for their other ends.</param>
    /// <exception cref="UsageException">Something cannot be opened, created or grown. Files created by this call are deleted.</exception>
    public static async Task<TransferDevices> OpenAsync(
        TransferPlan plan, TransferOptions options, CommandConsole console, IBlockDevice? source, CancellationToken cancellationToken)
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

    /// <summary>Closes the devices. If the copy ended early, files that were extended for it are truncated after the written part.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseDevicesAsync().ConfigureAwait(false);
        if (Unfinished is { } result)
            _changed.ForEach(change => change.CutUnwritten(result.BytesOf(change.Destination)));
        _locks.ForEach(static taken => taken.Dispose());
    }

    /// <summary>The result of a copy that ended early; null if files keep their new length, because they are complete or a map file records their
    /// state.</summary>
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
        {
            var input = OpenStream(
                stream.Operand,
                () => stream.Operand.IsStandardStream ? console.OpenInput() : DescriptorStream.OpenForReading(stream.Operand.Path),
                cancellationToken);
            Source = Keep(BlockDevice.FromStream(input, stream.Operand.Name));
        }
        else if (Plan.Source is not null)
        {
            var how = new BlockDeviceOptions { Io = options.Io, ReadOnly = true };
            Source = Keep(await DeviceOpening.OpenForAsync(Plan.Source.Operand, Plan.Length, how).ConfigureAwait(false));
        }
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
                var opened = OpenStream(destination.Operand, () => output ?? console.OpenOutput(), cancellationToken);
                _destinations.Add(Keep(BlockDevice.ToStream(opened, destination.Operand.Name)));
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

    // The file is created empty, and locked before it is written. Its permissions allow no reader that the source does not allow.
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
