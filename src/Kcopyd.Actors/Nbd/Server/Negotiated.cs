namespace Kcopyd.Actors.Nbd.Server;

/// <summary>What a client and the server have agreed on.</summary>
/// <param name="Export">The export; null if the client left without one.</param>
/// <param name="IsStructured">Replies come in chunks.</param>
/// <param name="HasAllocation">It may ask for base:allocation, under the number <see cref="AllocationContext"/>.</param>
internal sealed record Negotiated(ExportCore? Export, bool IsStructured, bool HasAllocation)
{
    public const uint AllocationContext = 1;
}
