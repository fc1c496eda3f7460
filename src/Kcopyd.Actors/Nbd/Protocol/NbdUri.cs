using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// The address of an export: <c>nbd://host[:port]/export</c>, <c>nbd+unix:///export?socket=PATH</c>, and with TLS <c>nbds://</c> and
/// <c>nbds+unix://</c> with <c>tls-certificates=FOLDER</c> and <c>tls-hostname=NAME</c>. Names are percent-encoded.
/// </summary>
/// <remarks>Invariant: for an address with a host or a socket, <see cref="Parse"/> reads back what <see cref="ToString"/> wrote. Paths are bytes: the text has
/// bytes that are not UTF-8 as lone surrogates U+DC80 to U+DCFF, one per byte.</remarks>
public sealed record NbdUri
{
    /// <summary>The host's name or address, without brackets; null for a unix socket. An IPv6 address may have a zone, as in <c>fe80::1%eth0</c>. An
    /// internationalized name is converted to its form in the DNS (<c>xn--…</c>).</summary>
    /// <exception cref="ArgumentException">The value is neither a name nor an address.</exception>
    public string? Host { get; init => field = value is null ? null : NbdHost.Checked(value); }

    /// <summary>The port, 1 to 65535; 10809 by default. Ignored for a unix socket.</summary>
    /// <exception cref="ArgumentException">The value is outside that range.</exception>
    public int Port
    {
        get;
        init => field = value is >= 1 and <= 65535 ? value : throw new ArgumentException($"the port '{value}' is not a number from 1 to 65535");
    } = NbdNumbers.DefaultPort;

    /// <summary>The path of the server's unix socket; null for a host.</summary>
    /// <exception cref="ArgumentException">The value is empty, contains a NUL, or is too long for a unix socket.</exception>
    public string? Socket { get; init => field = value is null ? null : UnixSocketEndPoint.Checked(value); }

    /// <summary>The export's name, which the server compares as it is; empty for the server's default export. At most 4096 bytes of UTF-8.</summary>
    /// <exception cref="ArgumentException">The value is longer, contains a NUL, or is not valid text.</exception>
    public string Export { get; init => field = CheckedText(value, "the export's name"); } = "";

    /// <summary>True if the connection must use TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>The folder for <see cref="NbdTls.ForClient"/>; null for none.</summary>
    /// <exception cref="ArgumentException">The value is empty or contains a NUL.</exception>
    public string? TlsCertificates { get; init => field = value is null ? null : CheckedPath(value, "tls-certificates"); }

    /// <summary>The name that the server's certificate must have; null uses the host's name, or <c>localhost</c> for a unix socket.</summary>
    /// <exception cref="ArgumentException">The value is empty, longer than 4096 bytes of UTF-8, contains a NUL, or is not valid text.</exception>
    public string? TlsHostname { get; init => field = value is null ? null : CheckedText(value, "tls-hostname", isNeeded: true); }

    /// <summary>Returns true if the scheme of a text is one of an NBD address; the address may still be invalid.</summary>
    public static bool IsAddress([NotNullWhen(true)] string? text) =>
        text is not null && (text.StartsWith("nbd", StringComparison.OrdinalIgnoreCase) && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            && text[..colon].ToLowerInvariant() is "nbd" or "nbds" or "nbd+unix" or "nbds+unix" or "nbds-psk" or "nbd+vsock" or "nbds+vsock");

    /// <summary>Parses an address.</summary>
    /// <exception cref="FormatException">The text is not an address; the message names the problem and the remedy.</exception>
    public static NbdUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
            throw Wrong(text, "it must begin with nbd://, nbds://, nbd+unix:// or nbds+unix://");
        var (isUnix, isTls) = text[..end].ToLowerInvariant() switch
        {
            "nbd" => (false, false),
            "nbds" => (false, true),
            "nbd+unix" => (true, false),
            "nbds+unix" => (true, true),
            "nbds-psk" => throw Wrong(text, ".NET does not support TLS with pre-shared keys; use nbds:// with certificates"),
            var other => throw Wrong(text, $"the scheme '{other}' is not nbd, nbds, nbd+unix or nbds+unix"),
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

    /// <summary>Parses a text if it is an address.</summary>
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

    /// <summary>Formats the address as text that <see cref="Parse"/> reads.</summary>
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
            throw Wrong(text, "a socket requires nbd+unix:// or nbds+unix://");
        if (authority.Contains('@', StringComparison.Ordinal))
            throw Wrong(text, "it has a user, which only TLS with pre-shared keys uses, and .NET does not support that; omit it");
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
                throw Wrong(text, "an IPv6 address must be in brackets");
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
                "tls-certificates" or "tls-hostname" when !uri.IsTls => throw Wrong(text, $"{key} requires nbds:// or nbds+unix://"),
                "tls-certificates" => uri with { TlsCertificates = value },
                "tls-hostname" => uri with { TlsHostname = value },
                "tls-psk-file" or "tls-username" => throw Wrong(text, $"{key}: .NET does not support TLS with pre-shared keys; use tls-certificates=FOLDER"),
                _ => throw Wrong(text, $"'{key}' is not socket, tls-certificates or tls-hostname"),
            };
        }
        return uri;
    }

    /// <summary>Returns the address if a client can connect to it.</summary>
    /// <exception cref="ArgumentException">The address has neither a host nor a socket, or both, or TLS settings without TLS.</exception>
    internal NbdUri Checked() =>
        Host is null == Socket is null ? throw new ArgumentException("An NBD address must have either a host or a socket.")
        : !IsTls && (TlsCertificates ?? TlsHostname) is not null
            ? throw new ArgumentException("An NBD address has certificates or a hostname for TLS and does not use TLS; set IsTls.")
        : this;

    private static string Decode(string text, string part)
    {
        var bytes = new List<byte>(part.Length);
        for (var at = 0; at < part.Length;)
        {
            if (part[at] == '%')
            {
                if (at + 2 >= part.Length
                    || !byte.TryParse(part.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
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

    // Leaves the bytes as they are that need no encoding in a path or in a query.
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

    // Returns the path as decoded from its bytes.
    internal static string CheckedPath(string path, string what) =>
        path.Length == 0 ? throw new ArgumentException($"{what} is empty")
        : path.Contains('\0', StringComparison.Ordinal) ? throw new ArgumentException($"{what} has a NUL")
        : UnixPath.Decode(UnixPath.Encode(path).AsSpan()[..^1]);

    private static string CheckedText(string text, string what, bool isNeeded = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        return isNeeded && text.Length == 0 ? throw new ArgumentException($"{what} is empty")
            : !IsText(text) ? throw new ArgumentException($"{what} is not UTF-8, or has a NUL")
            : Encoding.UTF8.GetByteCount(text) > NbdNumbers.MaxString
                ? throw new ArgumentException($"{what} has more than {NbdNumbers.MaxString} bytes of UTF-8")
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
