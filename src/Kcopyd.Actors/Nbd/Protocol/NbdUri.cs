using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// The address of an export: <c>nbd://host[:port]/export</c>, <c>nbd+unix:///export?socket=PATH</c>, and under TLS <c>nbds://</c> and
/// <c>nbds+unix://</c> with <c>tls-certificates=FOLDER</c> and <c>tls-hostname=NAME</c>. Names are percent-encoded.
/// </summary>
/// <remarks>Invariant: an address with a host or a socket is read by <see cref="Parse"/> as what <see cref="ToString"/> wrote. Paths are bytes: those that are
/// not UTF-8 are in the text as lone surrogates U+DC80 to U+DCFF, one for a byte.</remarks>
public sealed record NbdUri
{
    /// <summary>The host's name or address, without brackets; null where a unix socket is used. An IPv6 address may have a zone, as in <c>fe80::1%eth0</c>. An
    /// internationalized name becomes what the DNS has for it (<c>xn--…</c>).</summary>
    /// <exception cref="ArgumentException">It is neither a name nor an address.</exception>
    public string? Host { get; init => field = value is null ? null : NbdHost.Checked(value); }

    /// <summary>The port, 1 to 65535; 10809 where none is given. Of no meaning for a unix socket.</summary>
    /// <exception cref="ArgumentException">It is outside that range.</exception>
    public int Port { get; init => field = value is >= 1 and <= 65535 ? value : throw new ArgumentException($"the port '{value}' is not a number from 1 to 65535"); } = NbdNumbers.DefaultPort;

    /// <summary>The path of the server's unix socket; null for a host.</summary>
    /// <exception cref="ArgumentException">It is empty, has a NUL, or is too long for a unix socket.</exception>
    public string? Socket { get; init => field = value is null ? null : UnixSocketEndPoint.Checked(value); }

    /// <summary>The export's name, as the server compares it; empty for the server's default. At most 4096 bytes of UTF-8.</summary>
    /// <exception cref="ArgumentException">It is longer, has a NUL, or is not valid text.</exception>
    public string Export { get; init => field = CheckedText(value, "the export's name"); } = "";

    /// <summary>True if the connection is under TLS, and none without is taken.</summary>
    public bool IsTls { get; init; }

    /// <summary>A folder for <see cref="NbdTls.ForClient"/>; null for none.</summary>
    /// <exception cref="ArgumentException">It is empty or has a NUL.</exception>
    public string? TlsCertificates { get; init => field = value is null ? null : CheckedPath(value, "tls-certificates"); }

    /// <summary>The name that the server's certificate has to have; null takes the host's, and <c>localhost</c> for a unix socket.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than 4096 bytes of UTF-8, has a NUL, or is not valid text.</exception>
    public string? TlsHostname { get; init => field = value is null ? null : CheckedText(value, "tls-hostname", isNeeded: true); }

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
        try
        {
            var uri = Query(text, query, new NbdUri { Export = slash < 0 ? "" : Decode(text, path[(slash + 1)..]), IsTls = isTls });
            return isUnix ? Unix(text, authority, uri) : Tcp(text, authority, uri);
        }
        catch (ArgumentException wrong)
        {
            throw Wrong(text, wrong.Message);
        }
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
            text.Append(Host is null ? "" : NbdHost.Encode(Host));
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
        return uri;
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
        return uri with { Host = authority[0] == '[' ? NbdHost.DecodeV6(host) ?? Decode(text, host) : Decode(text, host), Port = number };
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

    /// <summary>The address, if it can be connected to.</summary>
    /// <exception cref="ArgumentException">It has no host and no socket, or something that belongs to another kind of address.</exception>
    internal NbdUri Checked() =>
        Host is null == Socket is null ? throw new ArgumentException("An NBD address has a host or a socket: one of them.")
        : !IsTls && (TlsCertificates ?? TlsHostname) is not null ? throw new ArgumentException("An NBD address without TLS has certificates or a hostname for it; set IsTls.")
        : this;

    private static string Decode(string text, string part)
    {
        var bytes = new List<byte>(part.Length);
        for (var at = 0; at < part.Length;)
        {
            if (part[at] == '%')
            {
                if (at + 2 >= part.Length || !byte.TryParse(part.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                    throw Wrong(text, "a % is not followed by two hexadecimal digits; write % as %25");
                bytes.Add(value);
                at += 3;
                continue;
            }
            var end = part.IndexOf('%', at);
            end = end < 0 ? part.Length : end;
            bytes.AddRange(UnixPath.Encode(part[at..end]).AsSpan()[..^1]);
            at = end;
        }
        return bytes.Contains(0) ? throw Wrong(text, "it has a NUL") : UnixPath.Decode(CollectionsMarshal.AsSpan(bytes));
    }

    // Bytes that need no encoding in a path and in a query alike.
    internal static string Encode(string part)
    {
        var text = new StringBuilder(part.Length);
        foreach (var value in UnixPath.Encode(part).AsSpan()[..^1])
        {
            if (char.IsAsciiLetterOrDigit((char)value) || "-._~/".Contains((char)value, StringComparison.Ordinal))
                text.Append((char)value);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }
        return text.ToString();
    }

    // As it comes back from its bytes.
    internal static string CheckedPath(string path, string what) =>
        path.Length == 0 ? throw new ArgumentException($"{what} is empty")
        : path.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException($"{what} has a NUL")
        : UnixPath.Decode(UnixPath.Encode(path).AsSpan()[..^1]);

    private static string CheckedText(string text, string what, bool isNeeded = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return isNeeded && text.Length == 0 ? throw new ArgumentException($"{what} is empty")
            : !IsText(text) ? throw new ArgumentException($"{what} is not UTF-8, or has a NUL")
            : Encoding.UTF8.GetByteCount(text) > NbdNumbers.LongestString ? throw new ArgumentException($"{what} has more than {NbdNumbers.LongestString} bytes of UTF-8")
            : text;
    }

    private static bool IsText(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done || rune.Value == 0)
                return false;
            rest = rest[length..];
        }
        return true;
    }

    private static FormatException Wrong(string text, string reason) => new($"'{ForeignText.Printable(text)}' is not the address of an NBD export: {reason}.");
}
