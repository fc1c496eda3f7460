using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed class CopyCommand_with_addresses_should : CommandTest
{
    private const int Length = 16 << 20;

    private async Task<(NbdPeer Peer, string Disk)> ServeAsync(string name, long length = Length)
    {
        Requires.Tools("nbdkit");
        var disk = Folder.EmptyFile(name + ".img", length);
        return (Own(await NbdPeer.NbdkitAsync(Folder, name, "file", disk)), disk);
    }

    private static async Task<ToolResult> SucceedAsync(params string[] arguments)
    {
        var run = await KcopydProcess.RunAsync(arguments);
        Assert.True(run.ExitCode == 0, run.ToString());
        return run;
    }

    [SkippableFact]
    public async Task copy_to_an_export_and_back_and_to_several_at_once()
    {
        var (a, diskA) = await ServeAsync("a");
        var (b, diskB) = await ServeAsync("b");
        var source = Folder.RandomFile("source", Length);

        await SucceedAsync("copy", source, a.Uri.ToString());
        await Files.AssertIdenticalAsync(source, diskA);
        await SucceedAsync("copy", a.Uri.ToString(), b.Uri.ToString(), Folder["file"]);
        await Files.AssertIdenticalAsync(source, diskB);
        await Files.AssertIdenticalAsync(source, Folder["file"]);

        await SucceedAsync("copy", "@1M+64K:" + a.Uri, Folder["region"]);
        var expected = File.ReadAllBytes(source);
        Assert.Equal(expected[(1 << 20)..((1 << 20) + (64 << 10))], File.ReadAllBytes(Folder["region"]));
        await SucceedAsync("zero", "@1M+64K:" + a.Uri);
        expected.AsSpan(1 << 20, 64 << 10).Clear();
        Assert.Equal(expected, File.ReadAllBytes(diskA));
    }

    [SkippableFact]
    public async Task bring_holes_through_as_holes()
    {
        var (peer, disk) = await ServeAsync("a");
        using (var file = File.OpenHandle(disk, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, Enumerable.Repeat((byte)1, 1 << 20).ToArray(), 4 << 20);

        var report = CommandReport.Of(await SucceedAsync("copy", "--json", peer.Uri.ToString(), Folder["copy"]));

        await Files.AssertIdenticalAsync(disk, Folder["copy"]);
        Assert.Equal(Length - (1 << 20), report.Offloaded.Holes);
    }

    [SkippableFact]
    public async Task record_what_is_done_in_a_map_file()
    {
        var (peer, disk) = await ServeAsync("a");
        var source = Folder.RandomFile("source", Length);
        await SucceedAsync("copy", "--mapfile", Folder["map"], source, peer.Uri.ToString());
        await SucceedAsync("copy", "--mapfile", Folder["map"], source, peer.Uri.ToString());
        await Files.AssertIdenticalAsync(source, disk);
    }

    [SkippableFact]
    public async Task say_what_is_wrong_with_an_address_and_touch_nothing()
    {
        var (peer, _) = await ServeAsync("a", Length / 2);
        var source = Folder.RandomFile("source", Length);
        foreach (var (address, hint) in new[]
        {
            (peer.Uri.ToString(), "cannot be grown"),
            ((peer.Uri with { Socket = Folder["none"] }).ToString(), "there is no socket"),
            ("nbd+unix:///", "?socket=PATH"),
            ("nbd://localhost:1/", "cannot be reached"),
            ("nbds-psk://host/", "certificates"),
        })
        {
            var run = await KcopydProcess.RunAsync("copy", source, Folder["new"], address);
            Assert.True(run.ExitCode == 2, run.ToString());
            Assert.Contains(hint, run.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(Folder["new"]));
        }
    }

    public static TheoryData<string> OneClientServers => ["qemu-nbd", "nbdkit exitlast", "nbdkit limit"];

    private async Task<NbdPeer> ServeOneAsync(string server, string name, string disk) => Own(await (server switch
    {
        "qemu-nbd" => NbdPeer.QemuNbdOnceAsync(Folder, name, "--format=raw", disk),
        "nbdkit exitlast" => NbdPeer.NbdkitAsync(Folder, name, "--exit-with-parent", "--filter=exitlast", "file", disk),
        _ => NbdPeer.NbdkitAsync(Folder, name, "--filter=limit", "file", disk, "limit=1"),
    }));

    [SkippableTheory]
    [MemberData(nameof(OneClientServers))]
    public async Task use_one_connection_from_the_first_look_to_the_end(string server)
    {
        var source = Folder.RandomFile("source", Length);
        var (a, b) = (await ServeOneAsync(server, "a", source), await ServeOneAsync(server, "b", Folder.EmptyFile("disk", Length)));
        await SucceedAsync("copy", "--verify", a.Uri.ToString(), b.Uri.ToString(), Folder["copy"]);
        await Files.AssertIdenticalAsync(source, Folder["copy"]);
        await Files.AssertIdenticalAsync(source, Folder["disk"]);
        await EndAsync(server, a, b);

        a = await ServeOneAsync(server, "c", source);
        await SucceedAsync("compare", a.Uri.ToString(), Folder["copy"]);
        await EndAsync(server, a);
        a = await ServeOneAsync(server, "d", Folder["disk"]);
        await SucceedAsync("zero", a.Uri.ToString());
        await EndAsync(server, a);
        Assert.All(File.ReadAllBytes(Folder["disk"]), static value => Assert.Equal(0, value));
    }

    [SkippableTheory]
    [MemberData(nameof(OneClientServers))]
    public async Task use_one_connection_for_an_export_that_is_both_source_and_destination(string server)
    {
        var disk = Folder.RandomFile("disk", Length);
        var expected = File.ReadAllBytes(disk);
        expected.AsSpan(0, Length / 2).CopyTo(expected.AsSpan(Length / 2));
        var peer = await ServeOneAsync(server, "a", disk);
        await SucceedAsync("copy", "@0+8M:" + peer.Uri, "@8M:" + peer.Uri);
        await EndAsync(server, peer);
        Assert.Equal(expected, File.ReadAllBytes(disk));
    }

    [SkippableTheory]
    [MemberData(nameof(OneClientServers))]
    public async Task put_a_snapshot_into_an_export_over_one_connection(string server)
    {
        var origin = Folder.RandomFile("origin", Length);
        await SucceedAsync("snapshot", "create", origin, Folder["cow"], "--size", "1M");
        var peer = await ServeOneAsync(server, "a", Folder.EmptyFile("disk", Length));
        await SucceedAsync("snapshot", "export", origin, Folder["cow"], peer.Uri.ToString());
        await EndAsync(server, peer);
        await Files.AssertIdenticalAsync(origin, Folder["disk"]);
    }

    private static async Task EndAsync(string server, params NbdPeer[] peers)
    {
        foreach (var peer in peers)
        {
            if (server != "nbdkit limit")
                Assert.Equal(0, (await peer.EndAsync()).ExitCode);
        }
    }
}
