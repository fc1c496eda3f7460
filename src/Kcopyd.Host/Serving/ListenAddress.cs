using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>Addresses in the notation of <c>--listen</c>, and in that of clients.</summary>
internal static class ListenAddress
{
    /// <summary>Parses <c>unix:PATH</c> or <c>HOST:PORT</c>. A host name stands for all its addresses.</summary>
    /// <exception cref="UsageException">The text is neither, or the host cannot be resolved.</exception>
    public static async Task<IReadOnlyList<EndPoint>> ParseAsync(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return [Unix(text, text["unix:".Length..])];
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw Neither(text);
        var host = text[..colon];
        var isBracketed = host is ['[', .., ']'];
        if (IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address))
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6 && !isBracketed)
                throw Neither(text);
            return address is { IsIPv6LinkLocal: true, ScopeId: 0 }
                ? throw new UsageException($"--listen '{text}': a link-local address needs the interface that it is on, such as [{address}%eth0]:{port}.")
                : [new IPEndPoint(address, port)];
        }
        if (host.Contains(':', StringComparison.Ordinal) || isBracketed)
            throw Neither(text);
        try
        {
            return [.. (await Dns.GetHostAddressesAsync(host).ConfigureAwait(false)).Distinct().Select(one => new IPEndPoint(one, port))];
        }
        catch (SocketException unknown)
        {
            throw new UsageException($"--listen '{text}': {host} has no address: {ForeignText.Phrase(unknown.Message)}.");
        }
    }

    /// <summary>The URI of the default export, the one with the empty name.</summary>
    public static string Uri(EndPoint endPoint, bool isTls)
    {
        var scheme = isTls ? "nbds" : "nbd";
        return endPoint.AddressFamily == AddressFamily.Unix
            ? new NbdUri { Socket = Path.GetFullPath(endPoint.ToString()!), IsTls = isTls }.ToString()
            : $"{scheme}://{endPoint.ToString()!.Replace("%", "%25", StringComparison.Ordinal)}/";      // the '%' of an IPv6 zone
    }

    private static UnixSocketEndPoint Unix(string text, string path)
    {
        if (path.Length == 0)
            throw Neither(text);
        var endPoint = UnixSocketEndPoint.Of(path) ?? throw ControlAddress.TooLong("--listen", text);
        return Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && FileEntry.Of(folder).Kind == FileKind.Directory
            ? endPoint
            : throw new UsageException($"--listen '{ForeignText.Path(text)}': the folder of that socket does not exist; create it first.");
    }

    private static UsageException Neither(string text) =>
        new($"--listen '{text}': must be unix:PATH, HOST:PORT or [IPV6]:PORT, such as unix:/run/disk.sock or 127.0.0.1:10809.");
}
