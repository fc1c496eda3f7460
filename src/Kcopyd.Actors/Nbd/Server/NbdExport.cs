using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// A device with an export name. The caller keeps ownership of the device: the server flushes it when it stops, but does not dispose it.
/// </summary>
/// <param name="Name">The exact name that clients request: at most 4096 bytes of UTF-8. The empty name is the default for clients that request none.</param>
/// <param name="Device">Any device with a size: a file, memory, an origin, a snapshot, another server's export.</param>
public sealed record NbdExport(string Name, IBlockDevice Device)
{
    /// <summary>Refuses writes even if the device is writable.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>A description for the list of exports: at most 4096 bytes of UTF-8.</summary>
    public string? Description { get; init; }

    internal NbdExport Checked()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentNullException.ThrowIfNull(Device);
        RequireFits(Name, nameof(Name));
        RequireFits(Description ?? "", nameof(Description));
        return Device.Length == long.MaxValue
            ? throw new ArgumentException($"Export '{Name}': {Device.Name} has no size; serve a file or a block device.")
            : this;
    }

    private static void RequireFits(string text, string what)
    {
        if (Encoding.UTF8.GetByteCount(text) > NbdNumbers.MaxString || text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"{what} of an export has {Encoding.UTF8.GetByteCount(text)} bytes of UTF-8; "
                + $"the protocol allows at most {NbdNumbers.MaxString}, none of them zero.");
    }
}

/// <summary>The status of an export, with counters since it was added.</summary>
/// <param name="Name">The export's name.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsReadOnly">True if writes are refused.</param>
/// <param name="Connections">Clients that currently use the export.</param>
/// <param name="Requests">Answered requests, including those answered with an error.</param>
/// <param name="Errors">Requests answered with an error.</param>
/// <param name="BytesRead">Bytes that clients have read.</param>
/// <param name="BytesWritten">Bytes that clients have written, including zeroes of write-zeroes requests.</param>
public sealed record NbdExportStatus(string Name, string Device, long Length, bool IsReadOnly, int Connections, long Requests, long Errors,
    long BytesRead, long BytesWritten);
