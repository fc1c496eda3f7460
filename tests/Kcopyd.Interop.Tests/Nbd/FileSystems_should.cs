using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>The kernel's file systems on devices that we serve: through nbdfuse and a loop device, and through the kernel's NBD client in a guest.</summary>
public sealed class FileSystems_should : ServerTest
{
    [SkippableFact]
    public async Task Live_in_the_kernel_whose_own_client_connects()
    {
        RealKernel.Require();
        Requires.Tools("nbd-client", "slirp-fullbolt", "ip", "mkfs.ext2", "e2fsck");
        var device = await DeviceAsync("snapshot", 8 * MiB);
        // The guest's 10.0.2.2 is this machine's loopback. The guest's network takes 44 ms for each write that it waits for, so there are few.
        using var kernel = new RealKernel { Arguments = $"eth0=slirp,,{Tool.Find("slirp-fullbolt")}" };
        var output = await kernel.RunAsync($$"""
            set -e
            ip link set lo up; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
            /run/modprobe nbd
            nbd-client 10.0.2.2 {{ServePort(device)}} /dev/nbd0 >/dev/null
            mkfs.ext2 -q /dev/nbd0
            mkdir /tmp/m
            mount -t ext4 /dev/nbd0 /tmp/m
            cp -a /etc/apt /tmp/m/tree
            umount /tmp/m
            mount -t ext4 -o ro /dev/nbd0 /tmp/m
            diff -r --no-dereference /etc/apt /tmp/m/tree
            umount /tmp/m
            e2fsck -fn /dev/nbd0
            nbd-client -d /dev/nbd0 >/dev/null
            echo all well
            """);
        Assert.Contains("all well", output, StringComparison.Ordinal);
        await RunAsync("e2fsck", "-fn", await ContentAsync(device));
    }

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
        // A tree of this machine with links, modes and small files.
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
