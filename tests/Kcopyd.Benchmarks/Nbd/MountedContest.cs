using System.Diagnostics;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>Real programs write to a new snapshot that our server serves and nbdfuse mounts, with and without the whole-chunk shortcut.</summary>
internal sealed class MountedContest(SnapshotFiles files) : Contest(files)
{
    public static IEnumerable<(string Name, double KernelRatio, Func<string, string, ToolCommand> Command)> Writers(long bytes)
    {
        yield return ("dd buffered", 1.50, (disk, source) => ToolCommand.Shell("dd if=$1 of=$2 bs=1M conv=notrunc,fsync status=none", source, disk));
        yield return ("dd direct", 1.59, (disk, source) => ToolCommand.Shell("dd if=$1 of=$2 bs=64k oflag=direct conv=notrunc status=none", source, disk));
        yield return ("mkfs.ext2", 1.63, (disk, _) => new ToolCommand("mkfs.ext2", "-q", "-F", disk));
    }

    public static MountedContest Create(
        SnapshotArena arena, Place place, string writer, Func<string, string, ToolCommand> command, CancellationToken cancellationToken)
    {
        var isMkfs = writer.StartsWith("mkfs", StringComparison.Ordinal);
        var length = isMkfs ? 1L << 30 : arena.Options.Size;
        var name = $"mounted-{writer.Replace(' ', '-')}-{place.Name.Replace(", ", "-", StringComparison.Ordinal).Replace(' ', '-')}";
        var files = new SnapshotFiles(arena, name, place, length, isMkfs ? 256 << 20 : length, cancellationToken);
        return new MountedContest(files)
        {
            Name = name,
            Title = $"{writer}, {place.Name}",
            Includes = "",
            Amount = isMkfs ? 0 : length,
            Contenders = [With("reads the origin", shortcut: false), With("skips it", shortcut: true)],
        };

        Contender With(string who, bool shortcut) => new(who, ContenderKind.Library, async token =>
        {
            var open = await files.OpenAsync(arena, StoreKind.Persistent, shortcut);
            await using var served = new ServedDevice(arena.System, Path.Combine(files.Folder, "nbd"), open.Snapshot, open);
            using var mount = await MountAsync(arena, files.Folder, served.Uri, token);
            var clock = Stopwatch.StartNew();
            var effort = await ToolRun.TimeAsync([command(mount.Disk, files.Cow + ".source")], token);
            return effort with { Seconds = clock.Elapsed.TotalSeconds };
        }) { Missing = Toolbox.Missing("nbdfuse", "dd", "mkfs.ext2", "fusermount3") };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken)
    {
        files.Prepare();
        if (!File.Exists(files.Cow + ".source"))
            Images.WriteRandom(files.Cow + ".source", Math.Max(1, (long)Amount), 3, cancellationToken);
    }

    public override string? Check(bool whole, CancellationToken cancellationToken) => null;

    private static async Task<Mount> MountAsync(SnapshotArena arena, string folder, string uri, CancellationToken cancellationToken)
    {
        var (point, ready) = (Path.Combine(folder, "mount"), Path.Combine(folder, "nbdfuse.pid"));
        Directory.CreateDirectory(point);
        File.Delete(ready);
        var disk = Path.Combine(point, "disk");
        var process = Process.Start(new ProcessStartInfo("nbdfuse", ["-P", ready, disk, uri]))!;
        var undo = arena.Cleanup.Add($"mount {point}", () =>
        {
            using var unmount = Process.Start("fusermount3", ["-u", "-z", point]);
            unmount.WaitForExit();
            process.WaitForExit(10_000);
            process.Dispose();
        });
        while (!File.Exists(ready) || new FileInfo(ready).Length == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (process.HasExited)
                throw new ContenderFailedException($"nbdfuse ended with {process.ExitCode}");
            await Task.Delay(5, cancellationToken);     // a file of another process has no event to await
        }
        return new Mount(disk, undo);
    }

    private sealed record Mount(string Disk, IDisposable Undo) : IDisposable
    {
        public void Dispose() => Undo.Dispose();
    }
}
