namespace Kcopyd.Actors.Nbd;

/// <summary>What a server reports about one of its exports.</summary>
/// <param name="Name">The name, for <see cref="NbdUri.Export"/>.</param>
/// <param name="Description">The server's description for users, without control characters; null if there is none.</param>
/// <param name="Length">Bytes; null if the server lists the export and reports no details.</param>
/// <param name="IsReadOnly">True if writes are refused.</param>
/// <param name="MinimumBlockSize">Minimum bytes of one I/O, a power of two.</param>
/// <param name="PreferredBlockSize">Bytes of an I/O that the server performs well.</param>
/// <param name="MaximumPayload">Maximum bytes of one I/O.</param>
/// <param name="CanMultiConn">True if several connections see the same data.</param>
public sealed record NbdExportInfo(
    string Name, string? Description, long? Length, bool IsReadOnly, int MinimumBlockSize, int PreferredBlockSize, long MaximumPayload, bool CanMultiConn);
