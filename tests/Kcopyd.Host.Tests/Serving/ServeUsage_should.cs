using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServeUsage_should : ServeSpec
{
    [Theory]
    [InlineData("there is nothing to serve: give a FILE")]
    [InlineData("FILE '{none}' does not exist", "{none}")]
    [InlineData("FILE 2 '{none}' does not exist", "{disk}", "{none}")]
    [InlineData("--export '{none}' does not exist", "--export", "x={none}")]
    [InlineData("FILE '/dev/zero' has no size", "/dev/zero")]
    [InlineData("FILE is empty", "")]
    [InlineData("must be NAME=PATH", "--export", "{disk}")]
    [InlineData("--export is empty", "--export", "name=")]
    [InlineData("must be ORIGIN,COW", "--snapshot", "{disk}")]
    [InlineData("must be ORIGIN,COW", "--snapshot", "{disk},a,b")]
    [InlineData("two exports would have the name 'disk': '{disk}' and '{other}'. Name one of them yourself: --export NAME='{other}'",
        "--export", "disk={disk}", "--export", "disk={other}")]
    [InlineData("--listen 'here': must be unix:PATH, HOST:PORT", "{disk}", "--listen", "here")]
    [InlineData("--listen ':1': must be", "{disk}", "--listen", ":1")]
    [InlineData("--listen '::1:1': must be", "{disk}", "--listen", "::1:1")]
    [InlineData("--listen '[host]:1': must be", "{disk}", "--listen", "[host]:1")]
    [InlineData("--listen '127.0.0.1:70000': must be", "{disk}", "--listen", "127.0.0.1:70000")]
    [InlineData("--listen 'unix:': must be", "{disk}", "--listen", "unix:")]
    [InlineData("the folder of that socket does not exist", "{disk}", "--listen", "unix:/nowhere/s")]
    [InlineData("at most 107 bytes",
        "{disk}", "--listen", "unix:/tmp/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345")]
    [InlineData("{other} cannot be listened on: it exists and is not a socket. Give another path, or remove it.", "{disk}", "--listen", "unix:{other}")]
    [InlineData("0.0.0.0:0 can be reached from other machines, and without TLS anyone who connects may read and write. "
        + "Give --tls-certificates DIR without --tls optional", "{disk}", "--listen", "0.0.0.0:0")]
    [InlineData("--tls needs certificates: give --tls-certificates DIR", "{disk}", "--tls", "optional")]
    [InlineData("--tls-verify-peer needs certificates", "{disk}", "--tls-verify-peer")]
    [InlineData("Must be one of", "{disk}", "--tls-certificates", "/tmp", "--tls", "maybe")]
    [InlineData("--tls-certificates: /nowhere/server-cert.pem and /nowhere/server-key.pem are not a certificate and its key in PEM",
        "{disk}", "--tls-certificates", "/nowhere")]
    [InlineData("Must be one of", "{disk}", "--io", "fast")]
    [InlineData("--pid-file '{other}' exists and is not a pid file", "{disk}", "--pid-file", "{other}")]
    [InlineData("--max-connections must be 1 to 65536", "{disk}", "--max-connections", "0")]
    public async Task exit_with_2_name_what_is_wrong_and_change_nothing(string message, params string[] args)
    {
        Folder.Random("disk", 10_000);
        Folder.Write("other", "something else\n"u8.ToArray());
        var before = Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))).ToArray();
        var outcome = await RunAsync(["serve", .. args.Select(InFolder)]);
        Assert.Contains(InFolder(message), outcome.Error, StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
        Assert.Equal(before, Folder.Names.Select(name => (name, Convert.ToHexString(Folder.Read(name)))));
    }

    [Fact]
    public async Task exit_with_2_when_another_server_has_the_address()
    {
        var file = Folder.Random("disk", 4096);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var outcome = await RunAsync("serve", file, "--listen", $"{taken.LocalEndpoint}");
        Assert.Contains($"--listen: {taken.LocalEndpoint} cannot be listened on: Address already in use", outcome.Error, StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Out));
    }

    private string InFolder(string text) => text
        .Replace("{disk}", Folder["disk"], StringComparison.Ordinal)
        .Replace("{other}", Folder["other"], StringComparison.Ordinal)
        .Replace("{none}", Folder["none"], StringComparison.Ordinal);
}
