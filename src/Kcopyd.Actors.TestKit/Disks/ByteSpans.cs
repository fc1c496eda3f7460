namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>The bytes of a sector that are not yet covered by a newer write. Immutable.</summary>
internal readonly struct ByteSpans
{
    private readonly (long From, long To)[]? _spans;

    private ByteSpans((long From, long To)[] spans) => _spans = spans;

    public bool IsEmpty => _spans is not { Length: > 0 };

    public static ByteSpans Of(long from, long to) => new([(from, to)]);

    public bool Meets(long from, long to) => _spans is not null && Array.Exists(_spans, span => span.From < to && from < span.To);

    public ByteSpans Without(long from, long to)
    {
        var rest = new List<(long From, long To)>();
        foreach (var span in _spans ?? [])
        {
            if (span.From < Math.Min(span.To, from))
                rest.Add((span.From, Math.Min(span.To, from)));
            if (Math.Max(span.From, to) < span.To)
                rest.Add((Math.Max(span.From, to), span.To));
        }
        return new([.. rest]);
    }
}
