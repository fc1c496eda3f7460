using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd;

/// <summary>Compiles and runs the examples of docs/nbd.md, and checks what the page says about them.</summary>
[Collection("real time")]
public sealed class Nbd_page_should : AkkaTestKit
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kcopyd-page-");

    [Fact]
    public void show_only_code_that_compiles_here() => DocsPage.ShowsOnlyCodeOf("nbd.md", least: 20, ThisFile());

    [Fact]
    public void have_every_setting_with_its_default_as_the_page_on_configuration_has_it()
    {
        var (page, configuration) = (Rows("nbd.md"), Rows("configuration.md"));
        foreach (var setting in KcopydExtension.DefaultConfig().GetConfig("kcopyd.nbd.server").AsEnumerable())
        {
            var row = Assert.Single(page, row => row.StartsWith($"| `{setting.Key}` | {setting.Value.GetString()} |", StringComparison.Ordinal));
            Assert.Contains(row, configuration);
        }
    }

    [Fact]
    public void have_the_options_of_the_client_with_their_defaults()
    {
        var (rows, defaults) = (Rows("nbd.md"), new NbdClientOptions());
        foreach (var (name, value) in new[]
        {
            (nameof(defaults.ConnectTimeout), $"{defaults.ConnectTimeout.TotalSeconds} s"),
            (nameof(defaults.RequestTimeout), $"{defaults.RequestTimeout.TotalSeconds} s"),
            (nameof(defaults.ReconnectLimit), $"{defaults.ReconnectLimit.TotalSeconds} s"),
            (nameof(defaults.UnflushedLimit), $"{defaults.UnflushedLimit >> 20} MiB"),
            (nameof(defaults.Connections), $"{defaults.Connections}"),
        })
            Assert.Contains(rows, row => row.StartsWith($"| `{name}` | {value} |", StringComparison.Ordinal));
    }

    [Fact]
    public async Task serve_a_disk_and_a_snapshot_that_is_taken_meanwhile()
    {
        var system = Sys;
        var (image, store, socket) = (Image(), Path.Combine(_folder.FullName, "disk.cow"), Path.Combine(_folder.FullName, "s"));
        await using var disk = system.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(image));
        await using var server = system.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            Exports = [new NbdExport("disk", disk)],
        });

        await using var snapshot = await disk.OpenSnapshotAsync(BlockDevice.Open(store, new() { Create = true, Length = 1 << 30 }));
        server.AddExport(new NbdExport("monday", snapshot) { ReadOnly = true });   // while clients are at work

        foreach (var export in server.GetExports())
            Console.WriteLine($"{export.Name}: {export.Connections} clients, {export.BytesRead} bytes read, {export.Errors} errors");
        Assert.Equal([("disk", false), ("monday", true)], server.GetExports().Select(export => (export.Name, export.IsReadOnly)));
        Assert.True(File.Exists(socket));
        await server.RemoveExportAsync("monday");                                  // from here on no request of a client is in the device, and none will be
        Assert.Equal("disk", Assert.Single(server.GetExports()).Name);
        await server.StopAsync();                                                  // drains and flushes; an IOException names what could not be flushed
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public async Task copy_from_a_server()
    {
        var (system, socket, copy) = (Sys, Path.Combine(_folder.FullName, "s"), Path.Combine(_folder.FullName, "copy.img"));
        await using var disk = BlockDevice.Memory(1 << 20);
        new Random(1).NextBytes(disk.Bytes);
        await using var server = system.Kcopyd().StartNbdServer(
            new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(socket)], Exports = [new NbdExport("disk", disk)] });
        var address = $"nbd+unix:///disk?socket={socket}";
        await using var remote = await system.Kcopyd().OpenNbdDeviceAsync(NbdUri.Parse(address));
        await using var local = BlockDevice.Open(copy, new() { Create = true, Length = remote.Length });
        var copied = await system.Kcopyd().GetClient().CopyAsync(remote.Whole(), [local.Whole()]);

        var receiver = TestActor;
        system.EventStream.Subscribe(receiver, typeof(NbdDeviceStateChanged));     // State: Reconnecting, Connected again, or Failed; Reason
        Assert.Equal(NbdDeviceState.Connected, remote.State);
        await server.DisposeAsync();
        Assert.Equal((remote.Name, NbdDeviceState.Reconnecting), ExpectMsg<NbdDeviceStateChanged>() is var changed ? (changed.Device, changed.State) : default);

        Assert.True(copied.IsSuccess);
        var bytes = new byte[1 << 20];
        Assert.Equal(IoResult.Success(bytes.Length), await local.ReadAsync(0, bytes));
        Assert.Equal(disk.Bytes.ToArray(), bytes);
    }

    [Fact]
    public async Task serve_from_a_host()
    {
        var (image, socket) = (Image(), Path.Combine(_folder.FullName, "s"));
        using var host = await Hosts.StartAsync(services =>
        {
            services.AddHealthChecks();
            services.AddAkka("app", akka => akka
                .WithKcopyd(kcopyd => kcopyd
                    .AddOrigin("disk", system => BlockDevice.Open(image))
                    .AddNbdServer(nbd =>
                    {
                        nbd.EndPoints.Add(new UnixDomainSocketEndPoint(socket));
                        nbd.Devices.Add("disk");                                       // of system.Kcopyd().Devices, under that name
                        nbd.Exports = system => [new NbdExport("scratch", BlockDevice.Memory(1 << 20))];
                        nbd.MaxConnections = 16;
                    })
                    .AddHealthChecks()));
            services.AddKcopyd();                                                      // injects HostedNbdServer, to add exports later
        });
        var hosted = host.Services.GetRequiredService<HostedNbdServer>();
        Assert.Same(hosted, host.Services.GetRequiredService<ActorSystem>().Kcopyd().HostedNbdServer());
        Assert.Equal(["disk", "scratch"], (await hosted.StartedAsync()).GetExports().Select(export => export.Name));
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var page = File.ReadAllText(Page("nbd.md"));
        Assert.All(health.Entries.Keys.Where(name => name.StartsWith("kcopyd.nbd.", StringComparison.Ordinal)),
            name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        Assert.Contains($"`{HostedNbdServer.Phase}`", page, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.False(File.Exists(socket));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }

    private string Image()
    {
        var image = Path.Combine(_folder.FullName, "disk.img");
        File.WriteAllBytes(image, new byte[1 << 20]);
        return image;
    }

    private static string[] Rows(string page) => [.. File.ReadLines(Page(page)).Where(line => line.StartsWith("| `", StringComparison.Ordinal))];

    private static string Page(string name) => Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs", name);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
