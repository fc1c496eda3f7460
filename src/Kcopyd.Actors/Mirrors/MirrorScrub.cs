using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Compares all legs of a mirror, region by region: each is held while it is compared and repaired, so that writes to it wait. Runs on the caller's
/// behalf, outside the mirror's actor.</summary>
internal sealed class MirrorScrub(MirrorCore mirror, KcopydClient client, MirrorScrubOptions options)
{
    private const int MaxReported = 1000;       // ranges

    private readonly List<MirrorDifference> _differences = [];
    private long _compared, _skipped, _repaired, _unrepaired, _unread;

    public async Task<MirrorScrubResult> RunAsync(CancellationToken cancellationToken)
    {
        for (long region = 0; region < mirror.Geometry.Regions; region++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await RegionAsync(mirror.Geometry.Start(region), mirror.Geometry.End(region)).ConfigureAwait(false);
            options.Progress?.Report((double)(region + 1) / mirror.Geometry.Regions);
        }
        return new MirrorScrubResult(_compared, _skipped, _differences, _repaired, _unrepaired, _unread);
    }

    private async Task RegionAsync(long start, long end)
    {
        var held = new Completion<IReadOnlyList<HeldLeg>>(mirror.Completions);
        var hold = new RegionCopy(mirror.Actor) { Start = start, End = end, Held = held };
        if (!await mirror.Actor.AskAsync(held, new HoldRange(hold), mirror.Stopped.Task).ConfigureAwait(false))
            throw new InvalidOperationException($"Mirror '{mirror.Name}' is closed.");
        try
        {
            var legs = await held.Task.ConfigureAwait(false);
            if (legs.Count < 2)
                _skipped += end - start;
            else
                await CompareAsync(legs, start, end).ConfigureAwait(false);
        }
        finally
        {
            mirror.Actor.Tell(new ReleaseRange(hold), ActorRefs.NoSender);
        }
    }

    private async Task CompareAsync(IReadOnlyList<HeldLeg> legs, long start, long end)
    {
        var differs = await DifferencesAsync(legs, start, end).ConfigureAwait(false);
        _compared += end - start;
        // Each range in which the same legs differ from the first one.
        var edges = new SortedSet<long>(
            differs.SelectMany(static ranges => ranges).SelectMany(static range => new[] { range.Offset, range.Offset + range.Length }));
        var from = -1L;
        foreach (var to in edges)
        {
            var at = from;
            var different = legs.Where((_, leg) => differs[leg].Any(range => range.Offset <= at && at < range.Offset + range.Length)).ToList();
            if (different.Count > 0)
                await RangeAsync(legs, different, from, to).ConfigureAwait(false);
            from = to;
        }
    }

    private async Task RangeAsync(IReadOnlyList<HeldLeg> legs, List<HeldLeg> different, long start, long end)
    {
        var equal = legs.Except(different).ToList();
        var good = await GoodAsync(legs, equal, different, start, end).ConfigureAwait(false);
        var bad = legs.Except(good ?? equal).ToList();
        if (_differences.Count < MaxReported)
            _differences.Add(new MirrorDifference(start, end - start, bad.ConvertAll(static leg => leg.Index)));
        if (good is null || options.ReportOnly)
        {
            _unrepaired += end - start;
            return;
        }
        var result = await client.CopyAsync(Range(good[0], start, end), [.. bad.Select(leg => Range(leg, start, end))]).ConfigureAwait(false);
        if (result.IsSuccess)
            _repaired += end - start;
        else
            _unrepaired += end - start;
    }

    // The legs with the right content: those equal to the named source, or a majority.
    private async Task<List<HeldLeg>?> GoodAsync(IReadOnlyList<HeldLeg> legs, List<HeldLeg> equal, List<HeldLeg> different, long start, long end)
    {
        if (options.Source is { } source)
            return equal.Exists(leg => leg.Index == source) ? equal : different.FindAll(leg => leg.Index == source) is { Count: > 0 } named ? named : null;
        if (equal.Count * 2 > legs.Count)
            return equal;
        for (var i = 0; (different.Count - i) * 2 > legs.Count; i++)
        {
            var rest = different[i..];
            var differs = await DifferencesAsync(rest, start, end).ConfigureAwait(false);
            var same = rest.Where((_, leg) => differs[leg].Count == 0).ToList();
            if (same.Count * 2 > legs.Count)
                return same;
        }
        return null;
    }

    // Per leg, where it differs from the first one; nothing for the first.
    private async Task<List<IReadOnlyList<DifferentRange>>> DifferencesAsync(IReadOnlyList<HeldLeg> legs, long start, long end)
    {
        var result = await client.CopyAsync(
            Range(legs[0], start, end), [.. legs.Skip(1).Select(leg => Range(leg, start, end))],
            CopyFlags.CompareOnly | CopyFlags.IgnoreError).ConfigureAwait(false);
        _unread += result.Unreadable.Sum(static range => range.Length);
        return [[], .. result.Destinations.Select(static destination => destination.Differences)];
    }

    private static IoRegion Range(HeldLeg leg, long start, long end) =>
        leg.Device.Region(start >> IoRegion.SectorShift, (end - start) >> IoRegion.SectorShift);
}

/// <summary>How a mirror is scrubbed.</summary>
public sealed record MirrorScrubOptions
{
    /// <summary>The leg, counted from 0, that is right where legs differ. Null: what most of the legs have is right; where no majority agrees, nothing is
    /// changed.</summary>
    public int? Source { get; init; }

    /// <summary>Differences are reported and not repaired.</summary>
    public bool ReportOnly { get; init; }

    /// <summary>Receives the part that is done, from 0 to 1.</summary>
    public IProgress<double>? Progress { get; init; }
}

/// <summary>The result of a scrub. All sizes are in bytes.</summary>
/// <param name="Compared">Bytes of each leg that were compared.</param>
/// <param name="Skipped">Bytes that were not in sync, or have a single leg.</param>
/// <param name="Differences">Where legs differed, in order; at most a thousand ranges.</param>
/// <param name="Repaired">Bytes that differed and are now equal on all legs.</param>
/// <param name="Unrepaired">Bytes that still differ.</param>
/// <param name="Unreadable">Bytes that a leg could not read. A read of the mirror repairs them.</param>
public sealed record MirrorScrubResult(
    long Compared, long Skipped, IReadOnlyList<MirrorDifference> Differences, long Repaired, long Unrepaired, long Unreadable);

/// <summary>A range in which legs differ.</summary>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Legs">The legs with other content than those that are right, or, if that is unknown, than the first one.</param>
public sealed record MirrorDifference(long Offset, long Length, IReadOnlyList<int> Legs);

/// <summary>A leg in sync, while a range is held.</summary>
internal sealed record HeldLeg(int Index, IBlockDevice Device);
