using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Finds the stores of an origin by their labels. Stores that the kernel made have none, and are not found.</summary>
internal static class OriginStores
{
    private const long Smallest = 2 * IoRegion.SectorSize;

    /// <summary>Looks into folders, not into those within.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="folders">Where; what cannot be read there is passed over.</param>
    public static async Task<List<FoundStore>> FindAsync(FileBlockDevice origin, IEnumerable<string> folders)
    {
        var identity = OriginIdentity.Of(origin);
        var found = new List<FoundStore>();
        foreach (var path in folders.Select(static folder => FileEntry.TargetOf(folder)).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal).SelectMany(Candidates))
        {
            if (await LookAsync(path).ConfigureAwait(false) is { } store && IsOf(store.Label, origin.Length, identity) && !found.Exists(other => other.Location.Equals(store.Location)))
                found.Add(store);
        }
        return found;
    }

    /// <summary>The folders in which stores of an origin are looked for: its own, and that of each store that is named.</summary>
    public static IEnumerable<string> FoldersOf(params IEnumerable<string> paths) => paths.SelectMany(static path => new[] { Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", FileEntry.FolderOf(path) });

    /// <summary>Refuses to write to an origin past snapshots of it.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="known">What is open already: the origin and its stores.</param>
    /// <param name="remedy">How the user names one more; the store's path follows.</param>
    /// <exception cref="UsageException">A store is there that is not among them.</exception>
    public static async Task CheckAllNamedAsync((Operand Operand, FileBlockDevice Device) origin, IReadOnlyList<(Operand Operand, FileBlockDevice Device)> known, Func<string, string> remedy)
    {
        var named = known.Select(static one => one.Device.Locate(0)).ToHashSet();
        var found = await FindAsync(origin.Device, FoldersOf(known.Select(static one => one.Operand.Path))).ConfigureAwait(false);
        if (found.Find(store => store.IsValid && !named.Contains(store.Location)) is { } other)
        {
            var path = ForeignText.Path(other.Path);
            throw new UsageException($"{origin.Operand} has one more snapshot, in '{path}', which would not show any more what it should. Name it: {remedy(path)}. "
                + $"If it is not needed any more: kcopyd snapshot delete '{path}'. To write all the same: --ignore-unnamed.");
        }
    }

    private static bool IsOf(SnapshotStoreLabel label, long length, OriginIdentity identity) =>
        label.IsOf(length, identity) && ((label.OriginKey is not null && identity.Key is not null) || label.OriginName == identity.Name);

    // All devices of the machine are in /dev; whoever wants them searched says so.
    private static IEnumerable<string> Candidates(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal).Where(path => FileEntry.Of(path) is var entry
                && (entry is { Kind: FileKind.Regular, Size: >= Smallest } || (entry.Kind == FileKind.Block && folder != "/dev")))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static async Task<FoundStore?> LookAsync(string path)
    {
        try
        {
            var device = BlockDevice.Open(path, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
            await using var lease = device.ConfigureAwait(false);
            return await StoreReader.HeadAsync(device, acceptDamagedLabel: true).ConfigureAwait(false) is { Label: { } label, Header: var header }
                ? new FoundStore(path, label, header.Valid != 0, device.Locate(0))
                : null;
        }
        catch (Exception other) when (other is IOException or UnauthorizedAccessException)      // no store, or gone
        {
            return null;
        }
    }
}

/// <summary>A store that belongs to an origin.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Label">What it says of itself.</param>
/// <param name="IsValid">False if it says that its snapshot is invalid.</param>
/// <param name="Location">What tells it from others.</param>
internal sealed record FoundStore(string Path, SnapshotStoreLabel Label, bool IsValid, StorageLocation Location);
