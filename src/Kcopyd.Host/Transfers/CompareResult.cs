using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The result of a comparison.</summary>
internal sealed class CompareResult(TransferPlan plan)
{
    private readonly Found[] _others =
    [
        .. plan.Destinations.Select(other => new Found(
            CompareRun.LengthOf(other) is var length and < long.MaxValue ? length - CompareRun.LengthOf(plan.Source!) : 0)),
    ];

    public TransferPlan Plan { get; } = plan;

    public bool IsCancelled { get; set; }

    public TimeSpan Elapsed { get; set; }

    /// <summary>Bytes compared with each B.</summary>
    public long Bytes { get; private set; }

    /// <summary>Why A cannot be read; null if it can.</summary>
    public IoFault? ReadFault { get; private set; }

    public string? Sha256 { get; private set; }

    public IReadOnlyList<Found> Others => _others;

    public bool IsEqual => ReadFault is null && !IsCancelled && _others.All(static other => other.IsEqual);

    public void Add(CopyResult compared)
    {
        IsCancelled |= compared.IsCancelled;
        ReadFault ??= compared.ReadFault;
        Sha256 = compared.SourceSha256;
        Bytes += compared.Destinations.Count == 0 ? 0 : compared.Destinations.Max(static destination => destination.Bytes);
        for (var i = 0; i < _others.Length; i++)
            _others[i].Add(compared.Destinations[i]);
    }

    /// <summary>Removes and returns the ranges of the first B that no later window can extend: all but the last.</summary>
    public List<DifferentRange> TakeListed()
    {
        var ranges = _others[0].Ranges;
        var taken = ranges.Take(ranges.Count - 1).ToList();
        ranges.RemoveRange(0, taken.Count);
        return taken;
    }

    /// <summary>The result for one B.</summary>
    /// <param name="longer">Bytes by which it is longer than A; negative if it is shorter.</param>
    internal sealed class Found(long longer)
    {
        public long Longer { get; } = longer;

        /// <summary>Bytes in sectors that differ.</summary>
        public long DifferentBytes { get; private set; }

        public long RangeCount { get; private set; }

        /// <summary>Offset in A of the first sector that differs; null if none does.</summary>
        public long? First { get; private set; }

        /// <summary>The merged ranges that have not been removed.</summary>
        public List<DifferentRange> Ranges { get; } = [];

        /// <summary>Why it cannot be read; null if it can.</summary>
        public IoFault? Fault { get; private set; }

        public string? Sha256 { get; private set; }

        public bool IsEqual => Fault is null && DifferentBytes == 0 && Longer == 0 && First is null;

        public void Add(DestinationResult compared)
        {
            if (compared.Fault is { Error: not (IoError.VerifyMismatch or IoError.Cancelled) } fault)
                Fault ??= fault;
            Sha256 = compared.Sha256;
            foreach (var range in compared.Differences)
            {
                First ??= range.Offset;
                DifferentBytes += range.Length;
                if (Ranges.Count > 0 && Ranges[^1] is var last && last.Offset + last.Length == range.Offset)
                {
                    Ranges[^1] = last with { Length = last.Length + range.Length };
                    continue;
                }
                Ranges.Add(range);
                RangeCount++;
            }
        }
    }
}
