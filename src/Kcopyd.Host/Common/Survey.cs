using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>What a target is, found out without changing it.</summary>
/// <param name="Target">The argument.</param>
/// <param name="Kind">What its path names.</param>
/// <param name="Size">Bytes; 0 for what is missing, <see cref="long.MaxValue"/> for a sink.</param>
/// <param name="Storage">Where its bytes live, see <see cref="StorageLocation"/>; null if nowhere.</param>
internal sealed record Survey(Target Target, TargetKind Kind, long Size, object? Storage)
{
    /// <summary>Opens and closes the target as it will be opened later, but creates and grows nothing.</summary>
    /// <exception cref="UsageException">It cannot be opened so.</exception>
    public static async Task<Survey> OfSourceAsync(Target target)
    {
        if (target.Uri is not null)
            return Of(target, await RemoteDevices.QueryAsync(target).ConfigureAwait(false));
        var device = Devices.Open(target, new BlockDeviceOptions { ReadOnly = true });
        await using (device.ConfigureAwait(false))
            return Of(target, device);
    }

    /// <inheritdoc cref="OfSourceAsync"/>
    public static async Task<Survey> OfDestinationAsync(Target target)
    {
        if (target.Uri is not null)
        {
            var info = await RemoteDevices.QueryAsync(target).ConfigureAwait(false);
            return info.IsReadOnly ? throw new UsageException($"{target} is read-only: its server does not take writes.") : Of(target, info);
        }
        if (!Path.Exists(target.Path))
        {
            var directory = Path.GetDirectoryName(Path.GetFullPath(target.Path));
            if (!Directory.Exists(directory))
                throw new UsageException($"{target} cannot be created: there is no directory '{directory}'.");
            return new Survey(target, TargetKind.Missing, 0, Path.GetFullPath(target.Path));
        }
        var device = Devices.Open(target, new BlockDeviceOptions());
        await using (device.ConfigureAwait(false))
        {
            return device.IsReadOnly
                ? throw new UsageException($"{target} is read-only.")
                : Of(target, device);
        }
    }

    // Two addresses of one export are the same storage; what else leads to it, nobody here can know.
    private static Survey Of(Target target, NbdExportInfo info) => new(target, TargetKind.Remote, info.Length!.Value, RemoteDevices.Storage(target.Uri!));

    private static Survey Of(Target target, FileBlockDevice device)
    {
        var kind = (device.Features & DeviceFeatures.Sink) != 0 || device.Length == long.MaxValue ? TargetKind.Sink
            : device.IsRegularFile ? TargetKind.File
            : TargetKind.Disk;
        return new Survey(target, kind, device.Length, device.Locate(0).Storage);
    }
}

/// <summary>What a path names.</summary>
internal enum TargetKind
{
    /// <summary>Nothing yet: a file will be created.</summary>
    Missing,
    File,
    Disk,
    /// <summary>An export of an NBD server: it has the size that it has.</summary>
    Remote,
    /// <summary>A character device: it has no size.</summary>
    Sink,
}
