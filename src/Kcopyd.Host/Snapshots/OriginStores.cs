using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Finds the stores of an origin by their labels. Stores that the kernel created have no label, and are not found.</summary>
internal static class OriginStores
{
    private const long MinStoreSize = 2 * IoRegion.SectorSize;

    /// <summary>Searches folders, without their subfolders.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="folders">The folders; unreadable entries are skipped.</param>
    public static async Task<List<FoundStore>> FindAsync(FileBlockDevice origin, IEnumerable<string> folders)
    {
        var identity = OriginIdentity.Of(origin);
        var found = new List<FoundStore>();
        var paths = folders.Select(static folder => FileEntry.TargetOf(folder)).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal);
        foreach (var path in paths.SelectMany(Candidates))
        {
            if (await ReadAsync(path).ConfigureAwait(false) is { } store && IsOf(store.Label, origin.Length, identity)
                && !found.Exists(other => other.Location.Equals(store.Location)))
            {
                found.Add(store);
            }
        }
        return found;
    }

    /// <summary>The folders to search for stores of an origin: its own, and those of the named stores.</summary>
    public static IEnumerable<string> FoldersOf(params IEnumerable<string> paths) =>
        paths.SelectMany(static path => new[] { Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", FileEntry.FolderOf(path) });

    /// <summary>Refuses to write to an origin that has snapshots which are not named.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="known">The origin and its stores that are already open.</param>
    /// <param name="remedy">Returns the option that names one more store, from the store's path.</param>
    /// <exception cref="UsageException">The origin has a store that is not among the known ones.</exception>
    public static async Task CheckAllNamedAsync(
        (Operand Operand, FileBlockDevice Device) origin, IReadOnlyList<(Operand Operand, FileBlockDevice Device)> known, Func<string, string> remedy)
    {
        var named = known.Select(static one => one.Device.Locate(0)).ToHashSet();
        var found = await FindAsync(origin.Device, FoldersOf(known.Select(static one => one.Operand.Path))).ConfigureAwait(false);
        if (found.Find(store => store.IsValid && !named.Contains(store.Location)) is { } other)
        {
            var path = ForeignText.Path(other.Path);
            throw new UsageException($"{origin.Operand} has one more snapshot, in '{path}', which writes to the origin would corrupt. Name it: {remedy(path)}. "
                + $"If it is not needed any more: kcopyd snapshot delete '{path}'. To write anyway: --ignore-unnamed.");
        }
    }

    private static bool IsOf(SnapshotStoreLabel label, long length, OriginIdentity identity) =>
        label.IsOf(length, identity) && ((label.OriginKey is not null && identity.Key is not null) || label.OriginName == identity.Name);

    // Skips the block devices directly in /dev: they are all the devices of the machine.
    private static IEnumerable<string> Candidates(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal).Where(path => FileEntry.Of(path) is var entry
                && (entry is { Kind: FileKind.Regular, Size: >= MinStoreSize } || (entry.Kind == FileKind.Block && folder != "/dev")))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static async Task<FoundStore?> ReadAsync(string path)
    {
        try
        {
            var device = BlockDevice.Open(path, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
            await using var lease = device.ConfigureAwait(false);
            return await StoreReader.HeadAsync(device, acceptDamagedLabel: true).ConfigureAwait(false) is { Label: { } label, Header: var header }
                ? new FoundStore(path, label, header.Valid != 0, device.Locate(0))
                : null;
        }
        catch (Exception other) when (other is IOException or UnauthorizedAccessException)      // not a store, or removed
        {
            return null;
        }
    }
}

/// <summary>A store that belongs to an origin.</summary>
/// <param name="Path">The path.</param>
/// <param name="Label">The label.</param>
/// <param name="IsValid">False if its header says that the snapshot is invalid.</param>
/// <param name="Location">The storage location, which identifies the store.</param>
internal sealed record FoundStore(string Path, SnapshotStoreLabel Label, bool IsValid, StorageLocation Location);
