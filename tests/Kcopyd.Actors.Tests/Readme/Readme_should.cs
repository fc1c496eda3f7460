using System.Runtime.CompilerServices;
using Akka.Actor;
using AkkaApplication;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Kcopyd.Actors.Tests.Readme;

/// <summary>The examples of the README, compiled and run.</summary>
public sealed class Readme_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void show_only_code_that_compiles_here() => DocsPage.ShowsOnlyCodeOf("../README.md", least: 10, ThisFile(), Example());

    [Fact]
    public void need_one_using_of_this_library_for_its_example()
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../README.md"));
        Assert.Equal(["using Kcopyd.Actors;"], Usings(page.Split("```csharp\n")[1].Split("```")[0].Split('\n')));
        Assert.Equal(["using Kcopyd.Actors;"], Usings(File.ReadAllLines(Example())));
        Assert.DoesNotContain("namespace Kcopyd", File.ReadAllText(Example()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task copy_and_notify_as_its_example_says()
    {
        using var folder = new TempFolder();
        var bytes = Bytes.Random(1 << 20, seed: 1);
        var (image, copy) = (folder.File("disk.img", bytes), folder.File("copy.img", new byte[1 << 20]));
        using var host = ReadmeExample.Build(Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()));
        await host.StartAsync();
        var system = host.Services.GetRequiredService<ActorSystem>();
        var told = Inbox.Create(system);
        system.ActorOf(Props.Create(() => new ReadmeExample("chunk", told.Receiver))).Tell(new ReadmeExample.Begin(image, copy));
        var results = new[] { await ReceiveAsync(told), await ReceiveAsync(told), await ReceiveAsync(told) };
        Assert.All(results, result => Assert.True(result.IsSuccess, result.ToString()));
        Assert.Equal([null, "chunk", "chunk"], results.Select(result => result.Context).Order());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(copy));
        await host.StopAsync();
    }

    [Fact]
    public async Task read_a_bad_sector_from_the_device_of_its_second_example()
    {
        await using var bad = BlockDevice.Memory(1 << 20).WithErrors(ByteRange.Sectors(100));
        Assert.Equal(IoError.Io, (await bad.ReadAsync(100 * 512, new byte[512])).Error);
        Assert.Equal(IoError.None, (await bad.ReadAsync(99 * 512, new byte[512])).Error);
    }

    private static async Task<CopyResult> ReceiveAsync(Inbox inbox) => Assert.IsType<CopyResult>(await inbox.ReceiveAsync(Patience));

    private static IEnumerable<string> Usings(IEnumerable<string> lines) => lines.Where(line => line.StartsWith("using Kcopyd", StringComparison.Ordinal));

    private static string Example() => Path.Combine(Path.GetDirectoryName(ThisFile())!, "ReadmeExample.cs");

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
