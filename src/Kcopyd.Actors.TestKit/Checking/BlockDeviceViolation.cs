using System.Globalization;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>A read that a block device must not have answered like this. <see cref="ToString"/> explains it.</summary>
/// <param name="Sector">The sector.</param>
/// <param name="Read">The read.</param>
/// <param name="Stamp">What was read.</param>
/// <param name="At">The virtual time of the read's end, if it was given.</param>
/// <param name="Origin">Where the content came from, as far as the model knows.</param>
/// <param name="Possible">What the sector may have contained, each with the event that made it so.</param>
public sealed record BlockDeviceViolation(
    long Sector, BlockDeviceOperation Read, long Stamp, TimeSpan? At, string Origin, IReadOnlyList<PossibleContent> Possible)
{
    /// <summary>The violation, for people.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"Sector {Sector}: {Read} ({Read.Span}) found stamp {Stamp}, {Origin}. Possible were:\n") +
        string.Join('\n', Possible.Select(content => $"  {content}"));
}

/// <summary>What a sector may have contained.</summary>
/// <param name="Stamp">The content; null if any content is allowed, after a discard.</param>
/// <param name="Reason">The event that made it possible.</param>
public sealed record PossibleContent(long? Stamp, string Reason)
{
    /// <summary>The content and the reason.</summary>
    public override string ToString() => $"{(Stamp is { } stamp ? "stamp " + stamp.ToString(CultureInfo.InvariantCulture) : "anything")}: {Reason}";
}
