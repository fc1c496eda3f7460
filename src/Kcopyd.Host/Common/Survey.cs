using System.Diagnostics.CodeAnalysis;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>What an operand is, found out without changing it.</summary>
/// <param name="Operand">The argument.</param>
/// <param name="Kind">What its path names.</param>
/// <param name="Size">Bytes; 0 for what is missing, <see cref="long.MaxValue"/> for a sink.</param>
/// <param name="Location">Where its first byte lives; nowhere if it stores nothing.</param>
/// <param name="HoldsData">True of a destination if something would be lost by overwriting it: not of an empty file, and not of one that is all hole.</param>
internal sealed record Survey(Operand Operand, OperandKind Kind, long Size, StorageLocation Location, bool HoldsData = false)
{
    private Func<Task<Survey>>? _again;

    /// <summary>The export, for <see cref="OperandKind.Remote"/>: it is open, and this connection is the one to use.</summary>
    public NbdBlockDevice? Remote { get; private init; }

    /// <summary>Who may read and write what is there.</summary>
    public UnixFileMode? Permissions { get; private init; }

    /// <summary>Looks once more at what may have changed. What is open already stays what it was.</summary>
    /// <exception cref="UsageException">It cannot be opened any more.</exception>
    public Task<Survey> AgainAsync() => _again?.Invoke() ?? Task.FromResult(this);

    /// <summary>Opens and closes the operand as it will be opened later, but creates and grows nothing. Exports stay open.</summary>
    /// <param name="operand">The operand.</param>
    /// <param name="remotes">Opens exports; needed for an address only.</param>
    /// <exception cref="UsageException">It cannot be opened so.</exception>
    public static async Task<Survey> OfSourceAsync(Operand operand, RemoteDevices? remotes = null)
    {
        if (operand.Uri is not null)
            return Of(operand, await remotes!.OpenAsync(operand).ConfigureAwait(false));
        if (IsStream(operand, StandardInput, out var stream))
            return stream;
        FileBlockDevice device;
        try
        {
            device = BlockDevice.Open(operand.Path, new BlockDeviceOptions { ReadOnly = true });
        }
        catch (DeviceOpenException unknown) when (unknown.Reason == DeviceOpenError.HasNoLength)
        {
            return new Survey(operand, OperandKind.Stream, long.MaxValue, new StorageLocation(FileEntry.Of(operand.Path).Identity, 0));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw DeviceOpening.Refusal(operand, refused, new BlockDeviceOptions { ReadOnly = true });
        }
        await using (device.ConfigureAwait(false))
            return Of(operand, device, () => OfSourceAsync(operand, remotes));
    }

    /// <inheritdoc cref="OfSourceAsync"/>
    public static async Task<Survey> OfDestinationAsync(Operand operand, RemoteDevices? remotes = null)
    {
        if (operand.Uri is not null)
        {
            var export = await remotes!.OpenAsync(operand).ConfigureAwait(false);
            return export.IsReadOnly ? throw new UsageException($"{operand} is read-only: its server does not take writes.") : Of(operand, export);
        }
        if (IsStream(operand, StandardOutput, out var stream))
            return stream;
        var entry = FileEntry.Of(operand.Path);
        if (!entry.Exists)
        {
            NewFiles.CheckMayCreate($"{operand}", operand.Path);
            return new Survey(operand, OperandKind.Missing, 0, new StorageLocation(entry.Identity, 0)) { _again = () => OfDestinationAsync(operand, remotes) };
        }
        var device = DeviceOpening.Open(operand, new BlockDeviceOptions());
        await using (device.ConfigureAwait(false))
        {
            return device.IsReadOnly
                ? throw new UsageException($"{operand} is read-only.")
                : Of(operand, device, () => OfDestinationAsync(operand, remotes)) with { HoldsData = await HoldsDataAsync(device).ConfigureAwait(false) };
        }
    }

    private const string StandardInput = "/proc/self/fd/0", StandardOutput = "/proc/self/fd/1";

    /// <summary>True if standard output is among what is written, by whatever name: what else is said must not get into it.</summary>
    public bool IsStandardOutput => Operand.IsStandardStream
        || (Kind is OperandKind.File or OperandKind.Stream && Location.Storage is { } storage && storage.Equals(FileEntry.Of(StandardOutput).Identity));

    private static bool IsStream(Operand operand, string standard, [NotNullWhen(true)] out Survey? survey)
    {
        var entry = FileEntry.Of(operand.IsStandardStream ? standard : operand.Path);
        survey = operand.IsStandardStream || entry.Kind == FileKind.Pipe ? new Survey(operand, OperandKind.Stream, long.MaxValue, new StorageLocation(entry.Kind == FileKind.Character ? null : entry.Identity, 0)) : null;
        return survey is not null;
    }

    // Two addresses of one export are the same storage; what else leads to it, nobody here can know.
    private static Survey Of(Operand operand, NbdBlockDevice export) => new(operand, OperandKind.Remote, export.Length, new StorageLocation(RemoteDevices.Storage(operand.Uri!), 0)) { Remote = export };

    private static Survey Of(Operand operand, FileBlockDevice device, Func<Task<Survey>> again)
    {
        var kind = (device.Features & DeviceFeatures.Sink) != 0 || device.Length == long.MaxValue ? OperandKind.Sink
            : device.IsRegularFile ? OperandKind.File
            : OperandKind.Disk;
        return new Survey(operand, kind, device.Length, device.Locate(0))
        {
            Permissions = kind == OperandKind.Sink ? null : FileEntry.Of(operand.Path).Permissions,
            _again = again,
        };
    }

    // The first block by itself: where data ends, only a walk over all of its pages tells.
    private static async Task<bool> HoldsDataAsync(FileBlockDevice device) =>
        (device.Features & DeviceFeatures.Sink) == 0 && device.Length != long.MaxValue
        && !(device.IsRegularFile && await IsHoleAsync(device, FirstBlock).ConfigureAwait(false) && await IsHoleAsync(device, device.Length).ConfigureAwait(false));

    private const long FirstBlock = 512;

    private static async Task<bool> IsHoleAsync(FileBlockDevice file, long length) =>
        await file.MapAsync(0, length).ConfigureAwait(false) is var extent && (extent.IsZero || file.Length == 0) && extent.Length >= Math.Min(length, file.Length);
}

/// <summary>What a path names.</summary>
internal enum OperandKind
{
    /// <summary>Nothing yet: a file will be created.</summary>
    Missing,
    File,
    Disk,
    /// <summary>An export of an NBD server: it has the size that it has.</summary>
    Remote,
    /// <summary>A character device: it has no size.</summary>
    Sink,
    /// <summary>A pipe, standard input or output, a file that does not know its length: it is read or written once, in order.</summary>
    Stream,
}
