using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>Servers of a plain device, which the same fio uses in turn.</summary>
internal sealed class ServersContest(ScratchFolder folder) : Contest(folder)
{
    private const long Count = 150_000;

    public static ServersContest Create(SnapshotArena arena, bool isWrite, int depth, CancellationToken cancellationToken)
    {
        var size = arena.Options.Size;
        var folder = arena.Cleanup.Folder(arena.Options.Tmpfs, $"nbd-{(isWrite ? "write" : "read")}-{depth}", 4 * size);
        var image = Path.Combine(folder.Path, "image");
        Images.WriteRandom(image, size, 1, cancellationToken);
        var load = new RandomIo(isWrite, depth, size, depth == 1 ? Count / 5 : Count);
        // Created once, as in a server that runs for a long time. nbdkit allocates its memory again for each turn, and the writes fill it.
        var memory = BlockDevice.Memory((int)size);
        return new ServersContest(folder)
        {
            Name = $"random-{(isWrite ? "write" : "read")}-{depth}",
            Title = $"4 KiB random {(isWrite ? "writes" : "reads")}, depth {depth}",
            Includes = string.Create(CultureInfo.InvariantCulture,
                $"fio, {load.Count:N0} I/Os on {size >> 20} MiB over one connection on a unix socket, timed by fio. Files are on tmpfs."),
            Amount = load.Count,
            Contenders =
            [
                Ours("kcopyd, memory", () => memory, leaveOpen: true),
                Ours("kcopyd, file", () => BlockDevice.Open(image, new() { Io = IoMode.Buffered }), leaveOpen: false),
                Nbdkit("nbdkit, memory", "memory", size.ToString(CultureInfo.InvariantCulture)),
                Nbdkit("nbdkit, file", "file", image),
                Qemu("qemu-nbd, file", image),
            ],
        };

        Contender Ours(string who, Func<IBlockDevice> open, bool leaveOpen) => new(who, ContenderKind.Library, async token =>
        {
            await using var served = new ServedDevice(arena.System, Path.Combine(folder.Path, "ours"), open(), leaveOpen ? new Nothing() : null);
            return await load.RunAsync(served.Uri, token);
        }) { Note = "our server runs in this process" };

        Contender Nbdkit(string who, params string[] plugin) => new(who, ContenderKind.Tool, async token =>
        {
            // nbdkit starts fio when it listens, and ends when fio does.
            var fio = $"exec fio {string.Join(' ', load.Arguments("\"$uri\""))}";
            var (effort, output) = await ToolRun.RunAsync([new ToolCommand("nbdkit", ["-U", "-", .. plugin, "--run", fio])], token);
            return effort with { Seconds = load.Seconds(output) };
        }) { Missing = Toolbox.Missing("nbdkit", "fio") };

        Contender Qemu(string who, string file) => new(who, ContenderKind.Tool, async token =>
        {
            var (socket, pidFile) = (Path.Combine(folder.Path, "qemu"), Path.Combine(folder.Path, "qemu.pid"));
            using var server = arena.Cleanup.Add("qemu-nbd", () => Kill(pidFile));
            await ToolRun.OutputAsync(new ToolCommand("qemu-nbd",
                "--fork", $"--pid-file={pidFile}", "-t", "-k", socket, "-f", "raw", "--cache=writeback", "--aio=threads", file), token);
            return await load.RunAsync($"nbd+unix:///?socket={socket}", token);
        }) { Missing = Toolbox.Missing("qemu-nbd", "fio") };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken)
    {
        // Every turn finds what the previous one left, which does not matter to any server.
    }

    public override string? Check(bool whole, CancellationToken cancellationToken) => null;

    internal static void Kill(string pidFile)
    {
        if (!File.Exists(pidFile) || !int.TryParse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture, out var pid))
            return;
        try
        {
            using var server = Process.GetProcessById(pid);
            server.Kill();
        }
        catch (ArgumentException)
        {
            // It has already ended.
        }
        File.Delete(pidFile);
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
