using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>The host in an address: a name, an IPv4 address, or an IPv6 address with or without a zone.</summary>
internal static class NbdHost
{
    private const string NeverInNames = "/?#@[]\\%:\"<>^`{|}";

    private static readonly IdnMapping Idn = new();

    /// <summary>Returns the host in the form that DNS lookups use.</summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    public static string Checked(string host)
    {
        if (host.Contains(':', StringComparison.Ordinal))
            return IsV6(host) ? host : throw new ArgumentException($"'{ForeignText.Printable(host)}' is not an IPv6 address");
        if (host.Length == 0)
            throw new ArgumentException("the host is missing");
        if (host.Any(static character =>
            char.IsControl(character) || char.IsWhiteSpace(character) || NeverInNames.Contains(character, StringComparison.Ordinal)))
            throw new ArgumentException($"'{ForeignText.Printable(host)}' is not the name of a host");
        try
        {
            return host.All(char.IsAscii) ? host : Idn.GetAscii(host);
        }
        catch (ArgumentException)
        {
            throw new ArgumentException($"'{ForeignText.Printable(host)}' is not the name of a host");
        }
    }

    /// <summary>Formats the host for an address (RFC 3986, and RFC 6874 for the zone).</summary>
    public static string Encode(string host)
    {
        if (!host.Contains(':', StringComparison.Ordinal))
            return NbdUri.Encode(host);
        var (address, zone) = Split(host);
        return zone is null ? $"[{address}]" : $"[{address}%25{NbdUri.Encode(zone)}]";
    }

    /// <summary>Returns the text in brackets if its zone is not encoded, as in <c>fe80::1%eth0</c>; null if the zone is encoded or absent.</summary>
    public static string? DecodeV6(string text) =>
        Split(text) is (var address, { Length: > 0 } zone) && IsV6(address) && (zone == "25" || !zone.StartsWith("25", StringComparison.Ordinal)) ? text : null;

    private static bool IsV6(string host)
    {
        var (address, zone) = Split(host);
        return IPAddress.TryParse(address, out var parsed)
            && parsed.AddressFamily == AddressFamily.InterNetworkV6
            && !address.Contains('[', StringComparison.Ordinal)
            && (zone is null
                || zone.Length > 0 && zone.All(static character => char.IsAscii(character) && !char.IsControl(character) && character is not (' ' or '/')));
    }

    private static (string Address, string? Zone) Split(string host) =>
        host.IndexOf('%', StringComparison.Ordinal) is >= 0 and var at ? (host[..at], host[(at + 1)..]) : (host, null);
}
