namespace Kcopyd.Actors.Mirrors;

/// <summary>The ranges that a leg could not read, and that are to be rewritten from another leg. Used by the mirror's actor only.</summary>
/// <param name="geometry">The mirror.</param>
/// <param name="unit">The unit of repair in bytes: what every leg can write.</param>
/// <param name="isOn">False if nothing is to be repaired.</param>
internal sealed class MirrorRepairs(MirrorGeometry geometry, long unit, bool isOn)
{
    // The rest is repaired when it is read again.
    private const int MaxWaiting = 1024;

    private readonly Queue<(int Leg, long Start, long End)> _waiting = new();

    public void Add(int leg, long start, long end)
    {
        if (isOn && _waiting.Count < MaxWaiting)
            _waiting.Enqueue((leg, start & -unit, Math.Min((end + unit - 1) & -unit, geometry.Length)));
    }

    public bool TryTake(out (int Leg, long Start, long End) repair) => _waiting.TryDequeue(out repair);

    public void Clear() => _waiting.Clear();
}
