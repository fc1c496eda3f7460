using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

public sealed class CopyCommand_with_addresses_should : CommandTest
{
    private const long Length = 16 << 20;

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
}
