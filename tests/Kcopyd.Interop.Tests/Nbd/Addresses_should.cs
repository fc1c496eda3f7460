using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>The addresses that we write, as other programs read them.</summary>
public sealed class Addresses_should : ServerTest
{
    private static readonly string[] Odd =
    [
        "a/b", "/a", "a//b", "100%", "%41", "a?b", "a#b", "a b", "a+b", "a&b=c;d", "ä日本", "😀",
        "nbd://host/x?socket=y#z", "@1M+64K:disk", "..", "-x", "[a]", "\"'\\", "a:b@c",
    ];

    [SkippableFact]
    public async Task mean_the_same_export_to_libnbd_qemu_and_us()
    {
        // Each export has a different size.
        var socket = Serve(Own(BlockDevice.Memory(512)), null, Odd.Select((name, i) => new NbdExport(name, Own(BlockDevice.Memory((i + 2) * 512)))));
        for (var i = 0; i < Odd.Length; i++)
        {
            var address = new NbdUri { Socket = socket, Export = Odd[i] }.ToString();
            Assert.Equal($"{(i + 2) * 512}", (await RunAsync("nbdinfo", "--size", address)).Trim());
            Assert.Contains($"({(i + 2) * 512} bytes)", await RunAsync("qemu-img", "info", address), StringComparison.Ordinal);
            Assert.Equal((i + 2) * 512, (await NbdBlockDevice.QueryAsync(NbdUri.Parse(address))).Length);
        }
    }

    [SkippableFact]
    public async Task mean_the_same_socket_to_libnbd_qemu_and_us_whatever_bytes_are_in_its_path()
    {
        Requires.Tools("nbdkit");
        foreach (var name in new[] { "s %?#&;=+ä", @"not utf-8 \377\303" })
        {
            var escaped = name.Contains('\\', StringComparison.Ordinal) ? "not%20utf-8%20%FF%C3" : global::System.Uri.EscapeDataString(name);
            var uri = NbdUri.Parse($"nbd+unix:///?socket={Folder["x"][..^1]}{escaped}");
            try
            {
                // By a shell, because .NET can pass arguments only as UTF-8.
                await using var peer = Tool.Start("sh", "-c", """nbdkit --foreground -U "$1$(printf "$2")" -P "$1pid" memory 4096; exit $?""", "sh",
                    Folder["x"][..^1], name.Replace("%", "%%", StringComparison.Ordinal));
                await peer.UntilAsync(() => File.Exists(Folder["pid"]) && new FileInfo(Folder["pid"]).Length > 0, "ready to serve");
                Assert.Equal(4096, (await NbdBlockDevice.QueryAsync(uri)).Length);
                Assert.Equal("4096", (await RunAsync("nbdinfo", "--size", uri.ToString())).Trim());
                Assert.Contains("(4096 bytes)", await RunAsync("qemu-img", "info", uri.ToString()), StringComparison.Ordinal);
                File.Delete(Folder["pid"]);
            }
            finally
            {
                await RunAsync("find", Folder["x"][..^1], "-type", "s", "-delete");      // .NET cannot delete such a path
            }
        }
    }

    [SkippableTheory]
    [InlineData("::1")]
    [InlineData("::1%lo")]
    [InlineData("::1%1")]
    public async Task lead_to_IPv6_addresses_with_and_without_a_zone(string host)
    {
        Requires.That(Socket.OSSupportsIPv6 && Dns.GetHostAddresses("::1").Length > 0 && CanBind(), "needs IPv6 on loopback");
        var server = Own(System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.IPv6Loopback, 0)],
            Exports = [new NbdExport("", Own(BlockDevice.Memory(4096)))],
        }));
        var uri = new NbdUri { Host = host, Port = ((IPEndPoint)server.EndPoints[0]).Port };
        Assert.Equal(4096, (await NbdBlockDevice.QueryAsync(NbdUri.Parse(uri.ToString()))).Length);
        if (!host.Contains("lo", StringComparison.Ordinal))      // glibc resolves zone names only for link-local addresses
            Assert.Equal("4096", (await RunAsync("nbdinfo", "--size", uri.ToString())).Trim());

        static bool CanBind()
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
