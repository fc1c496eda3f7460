using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// A device under a name. The device stays the caller's: the server flushes it when it stops, and does not dispose it.
/// </summary>
/// <param name="Name">What clients ask for, exactly: at most 4096 bytes of UTF-8. The empty name is the one that clients get who ask for none.</param>
/// <param name="Device">Anything with a size: a file, memory, an origin, a snapshot, another server's export.</param>
public sealed record NbdExport(string Name, IBlockDevice Device)
{
    /// <summary>Refuses writes, also where the device would take them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What a list of exports says of it, for people; at most 4096 bytes of UTF-8.</summary>
    public string? Description { get; init; }

    internal NbdExport Checked()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentNullException.ThrowIfNull(Device);
        Short(Name, nameof(Name));
        Short(Description ?? "", nameof(Description));
        return Device.Length == long.MaxValue
            ? throw new ArgumentException($"Export '{Name}': {Device.Name} has no size; serve a file or a block device.")
            : this;
    }

    private static void Short(string text, string what)
    {
        if (Encoding.UTF8.GetByteCount(text) > NbdNumbers.LongestString || text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"{what} of an export has {Encoding.UTF8.GetByteCount(text)} bytes of UTF-8; the protocol has room for {NbdNumbers.LongestString}, none of them zero.");
    }
}

/// <summary>What has been done on an export since it was added.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsReadOnly">True if writes are refused.</param>
/// <param name="Connections">Clients that use it now.</param>
/// <param name="Requests">Requests that were answered, also with an error.</param>
/// <param name="Errors">Requests that were answered with an error.</param>
/// <param name="BytesRead">Bytes that clients have read.</param>
/// <param name="BytesWritten">Bytes that clients have written, zeroes that they did not send included.</param>
public sealed record NbdExportStatus(string Name, string Device, long Length, bool IsReadOnly, int Connections, long Requests, long Errors, long BytesRead, long BytesWritten);
