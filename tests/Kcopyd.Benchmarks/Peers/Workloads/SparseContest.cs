using Kcopyd.Actors;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>A copy of an image that is mostly holes to a file that does not exist yet.</summary>
internal sealed class SparseContest(string source, string destination, IDisposable folder) : Contest(folder)
{
    private const long MaxData = 256 << 20;
    private const int RunBytes = 1 << 20;
    private const int Sparseness = 32;

    public static Contest Create(Arena arena, bool isDisk, CancellationToken cancellationToken)
    {
        var data = Math.Min(arena.Options.Size, MaxData);
        var name = isDisk ? "sparse-disk" : "sparse-tmpfs";
        // Room for a contender that does not detect the holes and fills them all.
        var folder = isDisk ? arena.DiskFolder(name, data * (Sparseness + 1)) : arena.TmpfsFolder(name, data * (Sparseness + 1));
        string source = Path.Combine(folder.Path, "source"), destination = Path.Combine(folder.Path, "destination");
        Write(source, data, cancellationToken);
        return new SparseContest(source, destination, folder)
        {
            Name = name,
            Title = $"{data * Sparseness >> 20} MiB image with {data >> 20} MiB of data, {(isDisk ? "disk" : "tmpfs")}",
            Includes = $"A run of 1 MiB of data in each {Sparseness} MiB, in the page cache; the destination does not exist before. "
                + (isDisk ? "Every contender flushes (tools that cannot, with sync). " : "")
                + "Programs: from their start to their end. Library: opening, one job, closing. The rate is that of the data; "
                + "the last column says how much the copy takes.",
            Amount = data,
            Goals = [new(Rival.FastestTool, 1.0)],
            Contenders =
            [
                Contender.Library(token => Library.CopyAsync(
                    arena.Client, source, [destination], IoMode.Buffered, isDisk ? CopyFlags.Flush : CopyFlags.None, create: true, token)),
                Contender.Command(arena, ["copy", source, destination, "--io", "buffered", "--progress", "none"]),
                Tool("cp --sparse=auto", "cp", "--sparse=auto", source, destination),
                Tool("cp --sparse=always", "cp", "--sparse=always", source, destination),
                Tool("qemu-img convert", "qemu-img", "convert", "-f", "raw", "-O", "raw", source, destination),
                Tool("qemu-img convert -W -m 8", "qemu-img", "convert", "-W", "-m", "8", "-f", "raw", "-O", "raw", source, destination),
                Tool("nbdcopy", "nbdcopy", source, destination),
                Tool("dd bs=1M conv=sparse", "dd", $"if={source}", $"of={destination}", "bs=1M", "conv=sparse"),
            ],
        };

        Contender Tool(string title, params string[] command) =>
            Contender.Tool(title, [command[0], "sync", "bash"], isDisk ? ToolCommand.Synced(destination, command) : new ToolCommand(command[0], command[1..]));
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => File.Delete(destination);

    public override string? Check(bool whole, CancellationToken cancellationToken) => Images.Difference(source, destination, cancellationToken);

    public override string? Remark()
    {
        using var copy = File.OpenHandle(destination);
        return $"takes {PosixFile.DataOf(copy).Sum(run => run.End - run.Start) >> 20} MiB";
    }

    private static void Write(string path, long data, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, data * Sparseness);
        var run = new byte[RunBytes];
        for (var i = 0L; i < data / RunBytes; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Noise.Fill(run, seed: 1, i * RunBytes);
            // At a different place in each part, so that the holes have different sizes.
            RandomAccess.Write(file, run, (i * Sparseness * RunBytes) + (i % Sparseness * RunBytes));
        }
        RandomAccess.FlushToDisk(file);
    }
}
