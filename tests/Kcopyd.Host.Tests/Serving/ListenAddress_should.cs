using System.Net;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ListenAddress_should
{
    [Fact]
    public async Task know_the_zone_of_an_IPv6_address_and_say_it_as_clients_have_it()
    {
        var endPoint = Assert.IsType<IPEndPoint>(Assert.Single(await ListenAddress.ParseAsync("[fe80::1%lo]:10809")));
        Assert.NotEqual(0, endPoint.Address.ScopeId);
        Assert.Equal($"nbd://[fe80::1%25{endPoint.Address.ScopeId}]:10809/", ListenAddress.Uri(endPoint, isTls: false));
    }

    [Fact]
    public async Task keep_the_bytes_of_a_socket_that_are_no_UTF8()
    {
        using var folder = new TempFolder();
        folder.Random("image", 1 << 20);
        var sockets = Directory.CreateDirectory(folder["sockets"]).FullName;
        try
        {
            // The shell can create names of any bytes.
            using var served = HostProcess.Shell(
                $@"cd '{sockets}' && exec KCOPYD serve ../image --listen ""unix:$(printf 's\377')"" --control ""unix:$(printf 'c\377')"" >../ready");
            await served.UntilAsync(() => File.Exists(folder["ready"]) && new FileInfo(folder["ready"]).Length > 0);
            Assert.Equal($"ready nbd+unix:///?socket={sockets}/s%FF\n", await File.ReadAllTextAsync(folder["ready"]));
            using var client = HostProcess.Shell(
                $@"cd '{sockets}' && KCOPYD copy 'nbd+unix:///?socket=s%FF' ../copy && KCOPYD snapshot status --serve ""unix:$(printf 'c\377')""");
            var outcome = await client.EndAsync();
            Assert.True(outcome.ExitCode == 0, outcome.Error);
            Assert.EndsWith("clients\n", outcome.Out, StringComparison.Ordinal);
            Assert.Single(Tool.Run("find", sockets, "-type", "s", "-perm", "600", "-printf", "x"));      // the control socket
            served.Signal("TERM");
            Assert.Equal(0, (await served.EndAsync()).ExitCode);
            Assert.Equal("", Tool.Run("find", sockets, "-type", "s"));
            Assert.Equal(folder.Read("image"), folder.Read("copy"));
        }
        finally
        {
            Tool.Run("rm", "-r", sockets);      // .NET cannot
        }
    }

    [Fact]
    public async Task want_the_zone_of_an_address_that_is_nothing_without_it() =>
        Assert.Contains("needs the interface that it is on, such as [fe80::1%eth0]:10809",
            (await Assert.ThrowsAsync<UsageException>(() => ListenAddress.ParseAsync("[fe80::1]:10809"))).Message, StringComparison.Ordinal);
}
