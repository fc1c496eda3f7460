using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// The address of an export: <c>nbd://host[:port]/export</c>, <c>nbd+unix:///export?socket=PATH</c>, and under TLS <c>nbds://</c> and
/// <c>nbds+unix://</c> with <c>tls-certificates=FOLDER</c> and <c>tls-hostname=NAME</c>. Names are percent-encoded.
/// </summary>
public sealed record NbdUri
{
    /// <summary>The host's name or address, without brackets; null where a unix socket is used.</summary>
    public string? Host { get; init; }

    /// <summary>The port; 10809 where none is given. Of no meaning for a unix socket.</summary>
    public int Port { get; init; } = NbdNumbers.DefaultPort;

    /// <summary>The path of the server's unix socket; null for a host.</summary>
    public string? Socket { get; init; }

    /// <summary>The export's name, as the server compares it; empty for the server's default.</summary>
    public string Export { get; init; } = "";

    /// <summary>True if the connection is under TLS, and none without is taken.</summary>
    public bool IsTls { get; init; }

    /// <summary>A folder for <see cref="NbdTls.ForClient"/>; null for none.</summary>
    public string? TlsCertificates { get; init; }

    /// <summary>The name that the server's certificate has to have; null takes the host's, and <c>localhost</c> for a unix socket.</summary>
    public string? TlsHostname { get; init; }

    /// <summary>True if a text is meant to be such an address, by its scheme; it may still be wrong.</summary>
    public static bool IsAddress([NotNullWhen(true)] string? text) =>
        text is not null && (text.StartsWith("nbd", StringComparison.OrdinalIgnoreCase) && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            && text[..colon].ToLowerInvariant() is "nbd" or "nbds" or "nbd+unix" or "nbds+unix" or "nbds-psk" or "nbd+vsock" or "nbds+vsock");

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is not one; the message names what is wrong and the remedy.</exception>
    public static NbdUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
            throw Wrong(text, "it begins with none of nbd://, nbds://, nbd+unix:// and nbds+unix://");
        var (isUnix, isTls) = text[..end].ToLowerInvariant() switch
        {
            "nbd" => (false, false),
            "nbds" => (false, true),
            "nbd+unix" => (true, false),
            "nbds+unix" => (true, true),
            "nbds-psk" => throw Wrong(text, "there is no TLS with pre-shared keys in .NET; use nbds:// with certificates"),
            var other => throw Wrong(text, $"the scheme '{other}' is none of nbd, nbds, nbd+unix and nbds+unix"),
        };
        var rest = text[(end + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
            throw Wrong(text, "it has a fragment; write # as %23");
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        var path = question < 0 ? rest : rest[..question];
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? path : path[..slash];
        var export = slash < 0 ? "" : Decode(text, path[(slash + 1)..]);
        if (Encoding.UTF8.GetByteCount(export) > NbdNumbers.LongestString)
            throw Wrong("nbd address", $"the export's name has more than {NbdNumbers.LongestString} bytes of UTF-8");
        var uri = Query(text, query, new NbdUri { Export = export, IsTls = isTls });
        return isUnix ? Unix(text, authority, uri) : Tcp(text, authority, uri);
    }

    /// <summary>Reads an address, if it is one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out NbdUri? uri)
    {
        uri = null;
        if (text is null)
            return false;
        try
        {
            uri = Parse(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>The address as text; <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(IsTls ? "nbds" : "nbd").Append(Socket is null ? "://" : "+unix://");
        if (Socket is null)
        {
            var isV6 = Host?.Contains(':', StringComparison.Ordinal) == true;
            text.Append(isV6 ? "[" : "").Append(Host).Append(isV6 ? "]" : "");
            if (Port != NbdNumbers.DefaultPort)
                text.Append(CultureInfo.InvariantCulture, $":{Port}");
        }
        text.Append('/').Append(Encode(Export));
        var separator = '?';
        foreach (var (key, value) in new[] { ("socket", Socket), ("tls-certificates", TlsCertificates), ("tls-hostname", TlsHostname) })
        {
            if (value is null)
                continue;
            text.Append(separator).Append(key).Append('=').Append(Encode(value));
            separator = '&';
        }
        return text.ToString();
    }

    private static NbdUri Unix(string text, string authority, NbdUri uri)
    {
        if (authority.Length > 0)
            throw Wrong(text, $"a unix socket has no host '{authority}'; write three slashes before the export's name");
        if (string.IsNullOrEmpty(uri.Socket))
            throw Wrong(text, "the socket is missing; add ?socket=PATH");
        try
        {
            _ = new UnixDomainSocketEndPoint(uri.Socket);
            return uri;
        }
        catch (ArgumentException)
        {
            throw Wrong(text, "the socket's path is too long for a unix socket (107 bytes); use a shorter one, or a link to it");
        }
    }

    private static NbdUri Tcp(string text, string authority, NbdUri uri)
    {
        if (uri.Socket is not null)
            throw Wrong(text, "a socket belongs to nbd+unix:// or nbds+unix://");
        if (authority.Contains('@', StringComparison.Ordinal))
            throw Wrong(text, "it has a user, which only TLS with pre-shared keys knows, and .NET does not have that; leave it out");
        string host = authority, port = "";
        if (authority.StartsWith('['))
        {
            var close = authority.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || close + 1 < authority.Length && authority[close + 1] != ':')
                throw Wrong(text, "the brackets around the IPv6 address are not closed");
            (host, port) = (authority[1..close], close + 1 < authority.Length ? authority[(close + 2)..] : "");
        }
        else if (authority.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon)
        {
            (host, port) = (authority[..colon], authority[(colon + 1)..]);
            if (port.Contains(':', StringComparison.Ordinal))
                throw Wrong(text, "an IPv6 address has to stand in brackets");
        }
        if (host.Length == 0)
            throw Wrong(text, "the host is missing");
        var number = NbdNumbers.DefaultPort;
        if (port.Length > 0 && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > 65535))
            throw Wrong(text, $"the port '{port}' is not a number from 1 to 65535");
        return uri with { Host = Decode(text, host), Port = number };
    }

    private static NbdUri Query(string text, string query, NbdUri uri)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (pair, "") : (pair[..equals], Decode(text, pair[(equals + 1)..]));
            if (!seen.Add(key))
                throw Wrong(text, $"{key} is given twice");
            if (value.Length == 0)
                throw Wrong(text, $"{key} has no value");
            uri = key switch
            {
                "socket" => uri with { Socket = value },
                "tls-certificates" or "tls-hostname" when !uri.IsTls => throw Wrong(text, $"{key} belongs to nbds:// or nbds+unix://"),
                "tls-certificates" => uri with { TlsCertificates = value },
                "tls-hostname" => uri with { TlsHostname = value },
                "tls-psk-file" or "tls-username" => throw Wrong(text, $"{key}: there is no TLS with pre-shared keys in .NET; use tls-certificates=FOLDER"),
                _ => throw Wrong(text, $"'{key}' is none of socket, tls-certificates and tls-hostname"),
            };
        }
        return uri;
    }

    private static string Decode(string text, string part)
    {
        for (var at = part.IndexOf('%', StringComparison.Ordinal); at >= 0; at = part.IndexOf('%', at + 1))
        {
            if (at + 2 >= part.Length || !char.IsAsciiHexDigit(part[at + 1]) || !char.IsAsciiHexDigit(part[at + 2]))
                throw Wrong(text, "a % is not followed by two hexadecimal digits; write % as %25");
        }
        var decoded = Uri.UnescapeDataString(part);
        return decoded.Contains('\0', StringComparison.Ordinal) ? throw Wrong(text, "it has a NUL") : decoded;
    }

    private static string Encode(string part) => Uri.EscapeDataString(part).Replace("%2F", "/", StringComparison.Ordinal);

    private static FormatException Wrong(string text, string reason) => new($"'{text}' is not the address of an NBD export: {reason}.");
}
