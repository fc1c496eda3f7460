using System.Diagnostics.CodeAnalysis;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>The properties of an operand, determined without changing it.</summary>
/// <param name="Operand">The argument.</param>
/// <param name="Kind">The kind of what the path names.</param>
/// <param name="Size">Bytes; 0 if it is missing, <see cref="long.MaxValue"/> for a sink.</param>
/// <param name="Location">The location of its first byte; none if it stores nothing.</param>
/// <param name="HoldsData">True for a destination that would lose data if overwritten; false for an empty file and for a file that is one hole.</param>
internal sealed record Survey(Operand Operand, OperandKind Kind, long Size, StorageLocation Location, bool HoldsData = false)
{
    private Func<Task<Survey>>? _again;

    /// <summary>The open export of an <see cref="OperandKind.Remote"/>; use this connection.</summary>
    public NbdBlockDevice? Remote { get; private init; }

    /// <summary>The permissions of what is there; null for sinks, streams, exports and missing files.</summary>
    public UnixFileMode? Permissions { get; private init; }

    /// <summary>Surveys again what may have changed. What is already open stays unchanged.</summary>
    /// <exception cref="UsageException">The operand can no longer be opened.</exception>
    public Task<Survey> AgainAsync() => _again?.Invoke() ?? Task.FromResult(this);

    /// <summary>Opens and closes the operand the way it will be opened later, but creates and grows nothing. Exports stay open.</summary>
    /// <param name="operand">The operand.</param>
    /// <param name="remotes">Opens exports; only needed for an address.</param>
    /// <exception cref="UsageException">The operand cannot be opened this way.</exception>
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
            return export.IsReadOnly ? throw new UsageException($"{operand} is read-only: its server does not accept writes.") : Of(operand, export);
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

    /// <summary>True if this is standard output, under any name: no other output may be written to it then.</summary>
    public bool IsStandardOutput => Operand.IsStandardStream
        || (Kind is OperandKind.File or OperandKind.Stream && Location.Storage is { } storage && storage.Equals(FileEntry.Of(StandardOutput).Identity));

    private static bool IsStream(Operand operand, string standard, [NotNullWhen(true)] out Survey? survey)
    {
        var entry = FileEntry.Of(operand.IsStandardStream ? standard : operand.Path);
        survey = operand.IsStandardStream || entry.Kind == FileKind.Pipe
            ? new Survey(operand, OperandKind.Stream, long.MaxValue, new StorageLocation(entry.Kind == FileKind.Character ? null : entry.Identity, 0))
            : null;
        return survey is not null;
    }

    // Two addresses of one export are the same storage; other paths to it cannot be detected here.
    private static Survey Of(Operand operand, NbdBlockDevice export) =>
        new(operand, OperandKind.Remote, export.Length, new StorageLocation(RemoteDevices.Storage(operand.Uri!), 0)) { Remote = export };

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

    // The first block is checked separately: finding the end of data requires a walk over all of its pages.
    private static async Task<bool> HoldsDataAsync(FileBlockDevice device) =>
        (device.Features & DeviceFeatures.Sink) == 0 && device.Length != long.MaxValue
        && !(device.IsRegularFile
            && await IsHoleAsync(device, FirstBlock).ConfigureAwait(false)
            && await IsHoleAsync(device, device.Length).ConfigureAwait(false));

    private const long FirstBlock = 512;

    private static async Task<bool> IsHoleAsync(FileBlockDevice file, long length) =>
        await file.MapAsync(0, length).ConfigureAwait(false) is var extent
        && (extent.IsZero || file.Length == 0)
        && extent.Length >= Math.Min(length, file.Length);
}

/// <summary>The kind of what an operand names.</summary>
internal enum OperandKind
{
    /// <summary>Nothing yet: a file will be created.</summary>
    Missing,
    File,
    Disk,
    /// <summary>An export of an NBD server; its size is fixed.</summary>
    Remote,
    /// <summary>A character device: it has no size.</summary>
    Sink,
    /// <summary>A pipe, standard input or output, or a file of unknown length: it is read or written once, in order.</summary>
    Stream,
}
