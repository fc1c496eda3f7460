namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>An XFS file system in a file, attached to a loop device and mounted; disposing this unmounts, detaches and deletes it.</summary>
internal sealed class XfsMount : IDisposable
{
    private readonly Stack<IDisposable> _undo = new();

    private XfsMount()
    {
    }

    /// <summary>The mount point.</summary>
    public string Path { get; private set; } = "";

    public static async Task<XfsMount> CreateAsync(Arena arena, long bytes, CancellationToken cancellationToken)
    {
        if (Toolbox.Missing("mkfs.xfs", "losetup", "mount", "umount") is { } missing)
            throw new PeersException($"XFS: {missing}");
        if (!Environment.IsPrivilegedProcess)
            throw new PeersException("XFS on a loop device needs root");
        var mount = new XfsMount();
        try
        {
            var folder = arena.DiskFolder("reflink", bytes);
            mount._undo.Push(folder);
            string image = System.IO.Path.Combine(folder.Path, "xfs.img");
            using (var file = File.Create(image))
                file.SetLength(bytes);
            await ToolRun.OutputAsync(new ToolCommand("mkfs.xfs", "-q", "-m", "reflink=1", image), cancellationToken);
            var device = (await ToolRun.OutputAsync(new ToolCommand("losetup", "--find", "--show", image), cancellationToken)).Trim();
            mount._undo.Push(arena.Cleanup.Add($"loop device {device}", () => Undo("losetup", "--detach", device)));
            mount.Path = Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, "mount")).FullName;
            await ToolRun.OutputAsync(new ToolCommand("mount", device, mount.Path), cancellationToken);
            mount._undo.Push(arena.Cleanup.Add($"mount {mount.Path}", () => Undo("umount", "--lazy", mount.Path)));
            return mount;
        }
        catch (ContenderFailedException failed)
        {
            mount.Dispose();
            throw new PeersException($"XFS: {failed.Message}");
        }
    }

    public void Dispose()
    {
        while (_undo.TryPop(out var last))
            last.Dispose();
    }

    // Not cancellable: it must also run when everything else is cancelled.
    private static void Undo(string program, params string[] arguments) =>
        ToolRun.OutputAsync(new ToolCommand(program, arguments), CancellationToken.None).GetAwaiter().GetResult();
}
