using System.Runtime.CompilerServices;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Mirrors;

/// <summary>The examples of docs/mirrors.md, compiled and run.</summary>
public sealed class Mirrors_page_should() : EngineSpec("")
{
    [Fact]
    public void show_only_code_that_compiles_here() => DocsPage.ShowsOnlyCodeOf("mirrors.md", least: 8, ThisFile());

    [Fact]
    public async Task keep_a_disk_on_two_devices_and_replace_one()
    {
        var folder = Directory.CreateTempSubdirectory("kcopyd-page-");
        string InFolder(string name) => Path.Combine(folder.FullName, name);
        var (one, two, spare, logFile) = (InFolder("one.img"), InFolder("two.img"), InFolder("spare.img"), InFolder("log.img"));
        var (system, content, bytes) = (Sys, Bytes.Random(1 << 20, 1), Bytes.Random(5000, 2));
        try
        {
            await File.WriteAllBytesAsync(one, content);
            await File.WriteAllBytesAsync(two, new byte[1 << 20]);
            await File.WriteAllBytesAsync(spare, new byte[1 << 20]);
            {
                await using var mirror = await system.Kcopyd().OpenMirrorAsync(
                    [BlockDevice.Open(one), BlockDevice.Open(two)],
                    new() { Log = BlockDevice.Open(logFile, new() { Create = true, Length = 1 << 20 }), Source = 0 });
                await mirror.WriteAsync(offset: 12345, bytes);                      // on both devices when it completes
                MirrorStatus status = await mirror.GetStatusAsync();                // "0 2048 mirror 2 one.img two.img 2/2 1 AA 3 disk log.img A"

                Assert.Equal($"0 2048 mirror 2 {one} {two} ", status.ToString()[..$"0 2048 mirror 2 {one} {two} ".Length]);
                await Soon(mirror.WhenInSyncAsync());

                await mirror.FailLegAsync(1);                                       // or it fails by itself; the mirror continues without it
                await mirror.ReturnLegAsync(1);                                     // it works again: what it has missed is copied
                await mirror.ReplaceLegAsync(1, BlockDevice.Open(spare));           // or another device takes its place: everything is copied
                await mirror.WhenInSyncAsync();
                MirrorScrubResult result = await mirror.ScrubAsync();               // compares all legs, and repairs by majority or from a named leg

                Assert.Equal(1 << 20, result.Compared);
                Assert.Empty(result.Differences);
            }
            bytes.CopyTo(content, 12345);
            Assert.Equal(content, await File.ReadAllBytesAsync(one));
            Assert.Equal(content, await File.ReadAllBytesAsync(spare));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
