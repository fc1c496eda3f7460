namespace Kcopyd.Actors.Nbd;

/// <summary>What a server says of one of its exports.</summary>
/// <param name="Name">The name, for <see cref="NbdUri.Export"/>.</param>
/// <param name="Description">For people, without control characters; null if there is none.</param>
/// <param name="Length">Bytes; null where the server lists the export and tells no more of it.</param>
/// <param name="IsReadOnly">True if writes are refused.</param>
/// <param name="MinimumBlockSize">Bytes of the smallest I/O, a power of two.</param>
/// <param name="PreferredBlockSize">Bytes of an I/O that the server does well.</param>
/// <param name="MaximumPayload">Most bytes of one I/O.</param>
/// <param name="CanMultiConn">True if several connections see the same data.</param>
public sealed record NbdExportInfo(string Name, string? Description, long? Length, bool IsReadOnly, int MinimumBlockSize, int PreferredBlockSize, long MaximumPayload, bool CanMultiConn);
