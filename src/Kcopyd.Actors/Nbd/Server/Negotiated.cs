namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The result of a negotiation.</summary>
/// <param name="Export">The export; null if the client left without one.</param>
/// <param name="IsStructured">True for structured replies.</param>
/// <param name="HasAllocation">True if the client may request base:allocation, with the number <see cref="AllocationContext"/>.</param>
internal sealed record Negotiated(ExportCore? Export, bool IsStructured, bool HasAllocation)
{
    public const uint AllocationContext = 1;
}
