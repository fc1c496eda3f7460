using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>Servers that accept one client at a time, and servers that end when their client disconnects.</summary>
public sealed class OneClient_servers_should : EngineTest
{
    private const int Length = 16 << 20;

    public static TheoryData<string> Servers => ["qemu-nbd", "qemu-nbd --persistent", "nbdkit exitlast", "nbdkit limit"];

    private async Task<NbdPeer> ServeAsync(string server, string disk) => Own(await (server switch
    {
        "qemu-nbd" => NbdPeer.QemuNbdOnceAsync(Folder, "s", "--format=raw", disk),
        "qemu-nbd --persistent" => NbdPeer.QemuNbdOnceAsync(Folder, "s", "--persistent", "--format=raw", disk),
        "nbdkit exitlast" => NbdPeer.NbdkitAsync(Folder, "s", "--filter=exitlast", "file", disk),
        _ => NbdPeer.NbdkitAsync(Folder, "s", "--filter=limit", "file", disk, "limit=1"),
    }));

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task be_copied_from_over_the_one_connection_that_opened_them(string server)
    {
        var disk = Folder.RandomFile("disk", Length);
        var peer = await ServeAsync(server, disk);
        await using (var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri))
        {
            Assert.Equal(Length, device.Length);
            Assert.True((await Client.CopyAsync(device.Whole(), [Create(Folder["copy"], Length).Whole()])).IsSuccess);
        }
        await Files.AssertIdenticalAsync(disk, Folder["copy"]);
        await AssertEndsAsync(peer, server);
    }

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task be_copied_to_over_the_one_connection_that_opened_them(string server)
    {
        var source = Folder.RandomFile("source", Length);
        var peer = await ServeAsync(server, Folder.EmptyFile("disk", Length));
        await using (var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri))
            Assert.True((await Client.CopyAsync(OpenSource(source).Whole(), [device.Whole()], CopyFlags.Flush | CopyFlags.Verify)).IsSuccess);
        await Files.AssertIdenticalAsync(source, Folder["disk"]);
        await AssertEndsAsync(peer, server);
    }

    [SkippableFact]
    public async Task not_be_mixed_up_with_another_one_that_took_over_their_socket()
    {
        Requires.Tools("nbdkit");
        var (disk, other) = (Folder.RandomFile("disk", Length), Folder.EmptyFile("other", Length));
        await using var peer = await NbdPeer.NbdkitAsync(Folder, "s", "--filter=delay", "file", disk, "rdelay=5ms");
        await using var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri);
        File.Delete(peer.Path);
        await using var successor = await NbdPeer.NbdkitAsync(Folder, "s", "--filter=delay", "--filter=log",
            "file", other, "rdelay=5ms", "logfile=" + Folder["log"]);

        Assert.True((await Client.CopyAsync(device.Whole(), [Create(Folder["copy"], Length).Whole()])).IsSuccess);

        await Files.AssertIdenticalAsync(disk, Folder["copy"]);
        Assert.DoesNotContain(" Read ", File.ReadAllText(Folder["log"]), StringComparison.Ordinal);
    }

    private static async Task AssertEndsAsync(NbdPeer peer, string server)
    {
        if (server is "qemu-nbd" or "nbdkit exitlast")
            Assert.Equal(0, (await peer.EndAsync()).ExitCode);
    }
}
