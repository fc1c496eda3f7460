using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>nbdkit's cow filter over its file plugin. Its overlay is a deleted file that ends with nbdkit, so it is neither flushed nor reopened.</summary>
internal static class NbdkitCow
{
    public static Contender Contender(SnapshotFiles files, Load load, bool scattered, int blockSize = SnapshotFiles.ChunkSize)
    {
        // nbdkit starts fio when it listens, and ends when fio does. Its overlay is in $TMPDIR.
        var fio = string.Join(' ', NbdFio.Arguments("\"$uri\"", load, scattered, flushEvery: 0));
        var command = new ToolCommand("env",
            [$"TMPDIR={files.Folder}", "nbdkit", "-U", "-", "--filter=cow", "file", files.Origin, $"cow-block-size={blockSize}", "--run", $"exec fio {fio}"]);
        return new($"nbdkit --filter=cow, {blockSize >> 10} KiB blocks, fio", ContenderKind.Tool, async token =>
        {
            var (effort, output) = await ToolRun.RunAsync([command], token);
            return effort with { Seconds = NbdFio.Seconds(output, load) };
        })
        {
            Missing = Toolbox.Missing("nbdkit", "fio"),
            Note = "over NBD; page cache; its overlay is not kept, so there is nothing to flush",
        };
    }
}
