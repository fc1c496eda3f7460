using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class NbdUri_should
{
    [Theory]
    [InlineData("nbd://host", "host", 10809, "")]
    [InlineData("nbd://host/", "host", 10809, "")]
    [InlineData("nbd://host:7/a", "host", 7, "a")]
    [InlineData("NBD://host/a/b", "host", 10809, "a/b")]
    [InlineData("nbd://host//a", "host", 10809, "/a")]
    [InlineData("nbd://[::1]:7/a%20b", "::1", 7, "a b")]
    [InlineData("nbd://[fe80::1]/%C3%A4", "fe80::1", 10809, "ä")]
    [InlineData("nbd://host/100%25", "host", 10809, "100%")]
    public void name_a_host_a_port_and_an_export(string text, string host, int port, string export)
    {
        var uri = NbdUri.Parse(text);
        Assert.Equal((host, port, export, false, null), (uri.Host, uri.Port, uri.Export, uri.IsTls, uri.Socket));
        Assert.Equal(uri, NbdUri.Parse(uri.ToString()));
    }

    [Fact]
    public void name_a_socket_certificates_and_a_hostname()
    {
        var uri = NbdUri.Parse("nbds+unix:///a?socket=/tmp/s%20s&tls-certificates=/etc/pki&tls-hostname=localhost");
        Assert.Equal(new NbdUri { Export = "a", Socket = "/tmp/s s", TlsCertificates = "/etc/pki", TlsHostname = "localhost", IsTls = true }, uri);
        Assert.Equal("nbds+unix:///a?socket=/tmp/s%20s&tls-certificates=/etc/pki&tls-hostname=localhost", uri.ToString());
    }

    [Theory]
    [InlineData("http://host/", "http")]
    [InlineData("nbd:host:10809", "nbd://")]
    [InlineData("nbd://", "host is missing")]
    [InlineData("nbd:///a", "host is missing")]
    [InlineData("nbd://host:0/a", "1 to 65535")]
    [InlineData("nbd://host:x/a", "1 to 65535")]
    [InlineData("nbd://::1/a", "brackets")]
    [InlineData("nbd://[::1/a", "brackets")]
    [InlineData("nbd://user@host/a", "user")]
    [InlineData("nbd://host/%zz", "%25")]
    [InlineData("nbd://host/%00", "NUL")]
    [InlineData("nbd://host/a#b", "%23")]
    [InlineData("nbd://host/a?socket=/s", "nbd+unix")]
    [InlineData("nbd://host/a?tls-hostname=x", "nbds")]
    [InlineData("nbd://host/a?colour=x", "colour")]
    [InlineData("nbd+unix:///a", "?socket=PATH")]
    [InlineData("nbd+unix://host/a?socket=/s", "three slashes")]
    [InlineData("nbd+unix:///a?socket=/s&socket=/t", "twice")]
    [InlineData("nbd+unix:///a?socket=", "no value")]
    [InlineData("nbds-psk://host/a", "certificates")]
    [InlineData("nbds+unix:///?socket=/s&tls-psk-file=f", "tls-certificates")]
    public void be_refused_with_the_reason_and_the_remedy(string text, string hint)
    {
        Assert.Contains(hint, Assert.Throws<FormatException>(() => NbdUri.Parse(text)).Message, StringComparison.Ordinal);
        Assert.False(NbdUri.TryParse(text, out _));
    }

    [Fact]
    public void be_refused_with_a_name_that_no_server_takes()
    {
        Assert.Equal(4096, NbdUri.Parse("nbd://host/" + new string('a', 4096)).Export.Length);
        Assert.Throws<FormatException>(() => NbdUri.Parse("nbd://host/" + new string('a', 4095) + "%C3%A4"));
        Assert.Throws<FormatException>(() => NbdUri.Parse("nbd+unix:///?socket=/" + new string('a', 108)));
    }
}
