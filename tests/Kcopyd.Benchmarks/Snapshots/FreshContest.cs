using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Nbd;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>4 KiB writes to chunks that have no copy yet, each chunk once, on our snapshots and on other copy-on-write devices.</summary>
internal sealed class FreshContest(SnapshotFiles files, IDisposable folder) : Contest(folder)
{
    public static FreshContest Create(
        SnapshotArena arena, Place place, bool scattered, int depth, CancellationToken cancellationToken, bool overNbdOnly = false)
    {
        var originLength = arena.Options.Size;
        var count = Math.Min(originLength / SnapshotFiles.ChunkSize, Count(place, depth));
        var name = $"fresh-{(scattered ? "random" : "sequential")}-{depth}-{place.Name}";
        var files = new SnapshotFiles(arena, name, place, originLength, count * SnapshotFiles.ChunkSize, cancellationToken);
        var load = Load.Fresh(originLength, count, depth, scattered);
        var qemu = new QemuOverlay(arena.Cleanup, files, load, scattered);
        Contender[] inProcess = overNbdOnly ? [] :
        [
            Ours("kcopyd snapshot, persistent", StoreKind.Persistent, "in process; a write that is done is durable: data and record are flushed"),
            Ours("kcopyd snapshot, transient", StoreKind.Transient, "in process; no records, no flush"),
            qemu.Bench(flushEvery: 0),
            qemu.Bench(flushEvery: depth),
        ];
        Contender[] inPageCache = !place.IsDisk ? [] :
        [
            Served("kcopyd snapshot, transient, page cache, fio", StoreKind.Transient,
                "over NBD; no records, no flush; where nbdkit's overlay is, too", IoMode.Buffered),
        ];
        return new FreshContest(files, files)
        {
            Name = name,
            Title = $"fresh chunks, 4 KiB, {(scattered ? "random" : "sequential")}, depth {depth}, {place.Name}",
            Includes = $"{count:N0} writes of 4 KiB to an origin of {originLength >> 20} MiB, each chunk once.",
            Amount = count,
            Contenders =
            [
                .. inProcess,
                Served("kcopyd snapshot, persistent, fio", StoreKind.Persistent, "over NBD; a write that is done is durable: data and record are flushed"),
                Served("kcopyd snapshot, transient, fio", StoreKind.Transient, "over NBD; no records, no flush"),
                .. inPageCache,
                qemu.OverNbd(flushEvery: 0),
                qemu.OverNbd(flushEvery: depth),
                NbdkitCow.Contender(files, load, scattered),
                NbdkitCow.Contender(files, load, scattered, blockSize: 64 << 10),     // nbdkit's default
            ],
        };

        Contender Served(string who, StoreKind store, string note, IoMode? io = null) => new(who, ContenderKind.Library, async token =>
        {
            var open = await files.OpenAsync(arena, store, wholeChunkShortcut: true, io);
            await using var served = new ServedDevice(arena.System, Path.Combine(files.Folder, "ours"), open.Snapshot, open);
            var (effort, output) = await ToolRun.RunAsync([new ToolCommand("fio", NbdFio.Arguments(served.Uri, load, scattered, flushEvery: 0))], token);
            return effort with { Seconds = NbdFio.Seconds(output, load) };
        }) { Missing = Toolbox.Missing("fio"), Note = note };

        Contender Ours(string who, StoreKind store, string note)
        {
            var player = new LoadPlayer(load);
            return new(who, ContenderKind.Library, async token =>
            {
                await using var open = await files.OpenAsync(arena, store, wholeChunkShortcut: true);
                var effort = await Effort.OfAsync(() => player.PlayAsync(open.Snapshot, token));
                return await player.CheckAsync(open.Snapshot) is { } wrong ? throw new ContenderFailedException(wrong) : effort;
            }) { Note = note };
        }
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => files.Prepare();

    public override string? Check(bool whole, CancellationToken cancellationToken) => null;

    private static long Count(Place place, int depth) => (place.IsDisk, depth) switch
    {
        (true, 1) => 2_000,
        (true, _) => 20_000,
        (false, 1) => 20_000,
        (false, _) => 50_000,
    };
}
