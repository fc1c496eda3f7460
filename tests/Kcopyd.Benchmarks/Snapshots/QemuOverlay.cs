using System.Diagnostics;
using System.Globalization;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>A qcow2 overlay of the origin with clusters of 4 KiB, created again for each turn and written by qemu itself, or over NBD.</summary>
internal sealed class QemuOverlay(Cleanup cleanup, SnapshotFiles files, Load load, bool scattered)
{
    private readonly string _overlay = Path.Combine(files.Folder, "overlay.qcow2");

    // tmpfs does not support direct I/O.
    private string[] Cache => files.Place.IsDisk ? ["none", "io_uring"] : ["writeback", "threads"];

    private string CacheNote => files.Place.IsDisk ? "O_DIRECT" : "page cache";

    /// <summary><c>qemu-img bench</c>: like our snapshot in process, without a connection between the writer and the overlay.</summary>
    public Contender Bench(int flushEvery) => new($"qemu-img bench, qcow2{Flushes(flushEvery)}", ContenderKind.Tool, async token =>
    {
        await CreateAsync(token);
        var step = (scattered ? Load.Stride(files.OriginLength) : 1) * SnapshotFiles.ChunkSize;
        string[] flushes = flushEvery > 0 ? [$"--flush-interval={flushEvery}"] : [];
        var (effort, output) = await ToolRun.RunAsync([new ToolCommand("qemu-img", ["bench", "-w", "-f", "qcow2", "-t", Cache[0], "-i", Cache[1],
            "-d", $"{load.Depth}", "-s", $"{SnapshotFiles.ChunkSize}", "-S", $"{step}", "-c", $"{load.Phases[0].Writes.Count}", .. flushes, _overlay])], token);
        return effort with { Seconds = Completed(output) };
    })
    {
        Missing = Toolbox.Missing("qemu-img"),
        Note = $"in process; {CacheNote}; {FlushNote(flushEvery)}",
    };

    /// <summary>qemu-nbd, used by fio.</summary>
    public Contender OverNbd(int flushEvery) => new($"qemu-nbd, qcow2, fio{Flushes(flushEvery)}", ContenderKind.Tool, async token =>
    {
        await CreateAsync(token);
        var (socket, pidFile) = (Path.Combine(files.Folder, "nbd"), Path.Combine(files.Folder, "nbd.pid"));
        using var server = cleanup.Add("qemu-nbd", () => Kill(pidFile));
        // With --fork, qemu-nbd returns when the server listens.
        await ToolRun.OutputAsync(new ToolCommand("qemu-nbd",
            "--fork", $"--pid-file={pidFile}", "-t", "-k", socket, "-f", "qcow2", $"--cache={Cache[0]}", $"--aio={Cache[1]}", _overlay), token);
        var fio = new ToolCommand("fio", NbdFio.Arguments($"nbd+unix:///?socket={socket}", load, scattered, flushEvery));
        var (effort, output) = await ToolRun.RunAsync([fio], token);
        return effort with { Seconds = NbdFio.Seconds(output, load) };
    })
    {
        Missing = Toolbox.Missing("qemu-img", "qemu-nbd", "fio"),
        Note = $"over NBD; {CacheNote}; {FlushNote(flushEvery)}",
    };

    private static string Flushes(int every) => every == 0 ? "" : ", flush";

    private static string FlushNote(int every) => every switch
    {
        0 => "never flushes: nothing of it need survive a power cut",
        1 => "a flush after each write",
        _ => $"a flush after each {every} writes",
    };

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        File.Delete(_overlay);
        await ToolRun.OutputAsync(new ToolCommand("qemu-img",
            "create", "-q", "-f", "qcow2", "-b", files.Origin, "-F", "raw", "-o", $"cluster_size={SnapshotFiles.ChunkSize}", _overlay), cancellationToken);
    }

    private static double Completed(string output)
    {
        const string before = "Run completed in ";
        var start = output.IndexOf(before, StringComparison.Ordinal);
        return start < 0
            ? throw new ContenderFailedException($"unexpected output of qemu-img bench: {output}")
            : double.Parse(output[(start + before.Length)..].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    private static void Kill(string pidFile)
    {
        if (!File.Exists(pidFile) || !int.TryParse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture, out var pid))
            return;
        try
        {
            using var server = Process.GetProcessById(pid);
            server.Kill();      // does not wait for its end: it is not our child, and may stay a zombie if no process reaps it
        }
        catch (ArgumentException)
        {
            // It has already ended.
        }
        File.Delete(pidFile);
    }
}
