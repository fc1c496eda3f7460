using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Where origin and store are.</summary>
/// <param name="Name">For people.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Io">How we open files there.</param>
/// <param name="FlushIsFree">Flushes end there and then, as on a disk without a volatile cache.</param>
internal sealed record Place(string Name, string Folder, IoMode Io, bool FlushIsFree = false)
{
    public bool IsDisk => Io == IoMode.Direct;

    public static Place Tmpfs(SnapshotBenchOptions options) => new("tmpfs", options.Tmpfs, IoMode.Buffered);

    public static Place Disk(SnapshotBenchOptions options) => new("disk", options.Disk, IoMode.Direct);

    /// <summary>The disk, as if its cache were backed by a battery.</summary>
    public static Place StableDisk(SnapshotBenchOptions options) => new("disk, free flush", options.Disk, IoMode.Direct, FlushIsFree: true);
}
