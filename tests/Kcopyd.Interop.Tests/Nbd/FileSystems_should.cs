using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>File systems of the kernel on what we serve: by nbdfuse and a loop device.</summary>
[Collection(NbdPrograms.Name)]
public sealed class FileSystems_should : ServerTest
{
    [SkippableTheory]
    [InlineData("file", "ext4"), InlineData("file", "xfs"), InlineData("snapshot", "ext4"), InlineData("snapshot", "xfs")]
    public async Task Hold_a_tree_of_files_through_nbdfuse(string device, string type)
    {
        Requires.Fuse();
        Requires.Root("mount a file system");
        Requires.Tools("mount", "umount", "cp", "diff", $"mkfs.{type}", type == "xfs" ? "xfs_repair" : "e2fsck");
        var served = await DeviceAsync(device, 320 * MiB);
        await using var fuse = await NbdFuse.ConnectAsync(Uri(Serve(served)));
        await RunAsync($"mkfs.{type}", "-q", fuse.Path);
        var mount = Folder.EmptyFolder("mount");
        // A tree of the machine's own, with links, modes and small files.
        const string Tree = "/etc";
        await RunAsync("mount", "-o", "loop", "-t", type, fuse.Path, mount);
        try
        {
            await RunAsync("cp", "-a", Tree, Path.Combine(mount, "tree"));
            await RunAsync("diff", "-r", "--no-dereference", Tree, Path.Combine(mount, "tree"));
        }
        finally
        {
            await RunAsync("umount", mount);
        }
        await (type == "xfs" ? RunAsync("xfs_repair", "-n", "-f", fuse.Path) : RunAsync("e2fsck", "-fn", fuse.Path));
    }
}
