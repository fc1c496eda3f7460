using CsCheck;
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
    [InlineData("nbd://[fe80::1%25eth0]/", "fe80::1%eth0", 10809, "")]
    [InlineData("nbd://[fe80::1%eth0]:7/", "fe80::1%eth0", 7, "")]
    [InlineData("nbd://[fe80::1%251]/", "fe80::1%1", 10809, "")]
    [InlineData("nbd://[fe80::1%1]/", "fe80::1%1", 10809, "")]
    [InlineData("nbd://[fe80::1%25]/", "fe80::1%25", 10809, "")]
    [InlineData("nbd://[fe80::1%25eth0.100%40if2]/", "fe80::1%eth0.100@if2", 10809, "")]
    [InlineData("nbd://b\u00fccher.example/", "xn--bcher-kva.example", 10809, "")]
    [InlineData("nbd://b%C3%BCcher.example/", "xn--bcher-kva.example", 10809, "")]
    [InlineData("nbd://xn--bcher-kva.example/", "xn--bcher-kva.example", 10809, "")]
    [InlineData("nbd://my_host-1.example/", "my_host-1.example", 10809, "")]
    [InlineData("nbd://host/nbd%3A%2F%2Fother%3Fsocket%3Dx%23y", "host", 10809, "nbd://other?socket=x#y")]
    [InlineData("nbd://host/nbd://other", "host", 10809, "nbd://other")]
    [InlineData("nbd://host/@1M+64K:disk", "host", 10809, "@1M+64K:disk")]
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

    [Fact]
    public void survive_being_written_and_read() => Addresses.Sample(static uri =>
    {
        var text = uri.ToString();
        if (text.Any(static character => character is <= ' ' or > '~'))
            throw new InvalidOperationException($"{text} is no URI.");
        if (NbdUri.Parse(text) is var read && read != uri)
            throw new InvalidOperationException($"{text} is read as {read}.");
    }, iter: 20_000);

    [Fact]
    public void name_a_socket_by_any_bytes()
    {
        var uri = NbdUri.Parse("nbd+unix:///?socket=/tmp/%FF%C3%A4%C3");
        Assert.Equal("/tmp/\udcff\u00e4\udcc3", uri.Socket);
        Assert.Equal("nbd+unix:///?socket=/tmp/%FF%C3%A4%C3", uri.ToString());
    }

    // Characters and texts in a name that have a meaning elsewhere in an address, or that mislead a reader.
    private static readonly Gen<string> Odd = Gen.Frequency(
        (3, Gen.Char["/%?#@:[]&=;+ .~!$'()*,\"<>\\^`{|}"].Array[0, 12].Select(static characters => new string(characters))),
        (2, Gen.String[Gen.Char['\u0001', '\ud7ff'], 0, 20]),
        (1, OneOf("nbd://host/x?socket=y#z", "nbd+unix:///?socket=/s", "@1M+64K:disk", "..", "%2F", "%25", "100%", "a\U0001F600b", "-", " ")),
        (1, Gen.Const("")));

    private static readonly Gen<string> Hosts = Gen.Frequency(
        (3, Gen.Char["abcxyz0189-_."].Array[1, 20].Select(static characters =>
            "h" + new string(characters).Replace("..", ".", StringComparison.Ordinal).Trim('-', '.'))),
        (1, OneOf("b\u00fccher.example", "\u65e5\u672c.example", "\u0438\u0441\u043f\u044b\u0442\u0430\u043d\u0438\u0435.example", "fa\u00df.example")),
        (1, Gen.Byte.Array[4].Select(static bytes => new System.Net.IPAddress(bytes).ToString())),
        (2, Gen.Byte.Array[16].Select(static bytes => new System.Net.IPAddress(bytes).ToString())),
        (2, Gen.Select(Gen.Byte.Array[16], Gen.Char["abeth0123.-_:@%#?&=+~[]"].Array[1, 15],
            static (bytes, zone) => $"{new System.Net.IPAddress(bytes)}%{new string(zone)}")));

    private static readonly Gen<string> Paths = Gen.Byte[1, 255].Array[1, 107].Select(static bytes => Kcopyd.Actors.IO.UnixPath.Decode(bytes));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static readonly Gen<NbdUri> Addresses = Gen.Select(Gen.Bool, Gen.Bool, Hosts, Gen.Int[1, 65535], Paths, Odd, Paths.Null(), Odd.Null()).Select(
        static (isUnix, isTls, host, port, path, export, folder, name) => new NbdUri
        {
            Host = isUnix ? null : host,
            Port = isUnix ? new NbdUri().Port : port,
            Socket = isUnix ? path : null,
            Export = export,
            IsTls = isTls,
            TlsCertificates = isTls ? folder : null,
            TlsHostname = isTls && name?.Length > 0 ? name : null,
        });

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
    [InlineData("nbd://host/%FF", "not UTF-8")]
    [InlineData("nbd://[fe80::1%]/", "%25")]
    [InlineData("nbd://[fe80::1%25a%2Fb]/", "IPv6")]
    [InlineData("nbd://[fe80::1g]/", "IPv6")]
    [InlineData("nbd://[host]x/", "brackets")]
    [InlineData("nbd://a%2Fb/", "not the name of a host")]
    [InlineData("nbd://a b/", "not the name of a host")]
    [InlineData("nbds://host/?tls-hostname=%FF", "not UTF-8")]
    [InlineData("nbd+unix:///?socket=%00x", "NUL")]
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
        Assert.Throws<FormatException>(() => NbdUri.Parse("nbd+unix:///?socket=/" + new string('a', 107)));
        Assert.Throws<FormatException>(() => NbdUri.Parse("nbd+unix:///?socket=/" + string.Concat(Enumerable.Repeat("%C3%A4", 54))));
    }

    [Fact]
    public async Task be_whole_where_something_is_opened()
    {
        foreach (var uri in new NbdUri[] { new(), new() { Host = "a", Socket = "b" }, new() { Host = "a", TlsHostname = "b" } })
            await Assert.ThrowsAsync<ArgumentException>(() => NbdBlockDevice.QueryAsync(uri));
        Assert.Throws<ArgumentException>(() => new NbdUri { Port = 0 });
        Assert.Throws<ArgumentException>(() => new NbdUri { Export = "\ud800" });
        Assert.Throws<ArgumentException>(() => new NbdUri { Socket = "" });
        Assert.Throws<ArgumentException>(() => new NbdUri { Host = "a/b" });
    }
}
