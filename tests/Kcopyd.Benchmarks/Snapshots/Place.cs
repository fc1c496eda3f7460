using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>The place of the origin and the store.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Io">The mode in which our library opens files there.</param>
/// <param name="FlushIsFree">True if flushes complete immediately, as on a disk without a volatile cache.</param>
internal sealed record Place(string Name, string Folder, IoMode Io, bool FlushIsFree = false)
{
    public bool IsDisk => Io == IoMode.Direct;

    public static Place Tmpfs(SnapshotBenchOptions options) => new("tmpfs", options.Tmpfs, IoMode.Buffered);

    public static Place Disk(SnapshotBenchOptions options) => new("disk", options.Disk, IoMode.Direct);

    /// <summary>The disk as if its cache had a battery.</summary>
    public static Place StableDisk(SnapshotBenchOptions options) => new("disk, free flush", options.Disk, IoMode.Direct, FlushIsFree: true);
}
