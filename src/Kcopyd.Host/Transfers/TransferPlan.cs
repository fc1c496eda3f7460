using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// The source and destinations of a transfer, checked completely before anything is created, grown or truncated: a wrong argument leaves no trace.
/// </summary>
/// <param name="Source">The source; null if the destinations are zeroed.</param>
/// <param name="Destinations">The destinations, in the order of the bits of the result.</param>
/// <param name="Length">Bytes to write to each destination; not necessarily whole sectors, because a file may end within a sector.</param>
internal sealed record TransferPlan(Survey? Source, IReadOnlyList<Survey> Destinations, long Length)
{
    private const int MaxDestinations = 64;

    /// <summary>True if the length is unknown until the source ends; <see cref="Length"/> is 0 then.</summary>
    public bool IsOpenEnded => Source is { Kind: OperandKind.Stream, Operand.Length: null };

    /// <summary>True if the report must not go to standard output, because the data does.</summary>
    public bool IsOnStandardOutput => Destinations.Any(static destination => destination.IsStandardOutput);

    /// <summary>Start of the region in a map file, whose positions are those of the source, or of the first destination when zeroing.</summary>
    public long MapStart => (Source ?? Destinations[0]).Operand.Start;

    /// <exception cref="UsageException">An argument is wrong; the message names it and the remedy.</exception>
    public static async Task<TransferPlan> MakeAsync(Operand? source, IReadOnlyList<Operand> destinations, TransferOptions options, RemoteDevices remotes)
    {
        var from = source is null ? null : await Survey.OfSourceAsync(source, remotes).ConfigureAwait(false);
        return await MakeAsync(from, destinations, options, remotes).ConfigureAwait(false);
    }

    /// <inheritdoc cref="MakeAsync(Operand?, IReadOnlyList{Operand}, TransferOptions, RemoteDevices)"/>
    public static async Task<TransferPlan> MakeAsync(Survey? from, IReadOnlyList<Operand> destinations, TransferOptions options, RemoteDevices remotes)
    {
        if (destinations.Count > MaxDestinations)
            throw new UsageException($"{destinations.Count} destinations; one command writes to at most {MaxDestinations}. Use several commands.");
        var to = new List<Survey>(destinations.Count);
        foreach (var destination in destinations)
            to.Add(await Survey.OfDestinationAsync(destination, remotes).ConfigureAwait(false));
        return Make(from, to, options);
    }

    /// <summary>Makes the plan again from the current state: what was surveyed may have changed before it was locked.</summary>
    /// <exception cref="UsageException">The plan is no longer possible.</exception>
    public async Task<TransferPlan> MakeAgainAsync(TransferOptions options)
    {
        var from = Source is null ? null : await Source.AgainAsync().ConfigureAwait(false);
        var to = new List<Survey>(Destinations.Count);
        foreach (var destination in Destinations)
            to.Add(await destination.AgainAsync().ConfigureAwait(false));
        return Make(from, to, options);
    }

    private static TransferPlan Make(Survey? from, List<Survey> to, TransferOptions options)
    {
        var plan = new TransferPlan(from, to, from is null ? LengthOfZeroes(to) : LengthOf(from));
        for (var i = 0; i < to.Count; i++)
        {
            plan.CheckFits(to[i]);
            plan.CheckApart(to[i], to.Take(i), options);
            if (options.Verifies && to[i].Kind is (OperandKind.Sink or OperandKind.Stream))
                throw new UsageException($"{to[i].Operand} cannot be read back; drop it or {(options.Hashes ? "--checksum" : "--verify")}.");
            if ((options.Flags & CopyFlags.OnlyDifferent) != 0 && to[i].Kind is (OperandKind.Sink or OperandKind.Stream))
                throw new UsageException($"{to[i].Operand} cannot be read before it is written; drop it or --only-different.");
        }
        foreach (var stream in (from is null ? to : to.Prepend(from)).Where(static survey => survey.Kind == OperandKind.Stream))
            CheckStream(stream, isSource: stream == from, options);
        return plan;
    }

    private static void CheckStream(Survey stream, bool isSource, TransferOptions options)
    {
        if (stream.Operand.Start > 0)
            throw new UsageException($"{stream.Operand} is a stream, which has no START; omit it.");
        var unfit = isSource && options.Verifies ? options.Hashes ? "--checksum" : "--verify"
            : options.Mapfile is not null ? "--mapfile"
            : options.Retries > 0 ? "--retries"
            : options.Reverse ? "--reverse"
            : options.Ranges is not null ? "--ranges"
            : null;
        if (unfit is not null)
            throw new UsageException($"{unfit} needs operands that can be read and written more than once, "
                + $"and {stream.Operand} is a stream: drop one of them.");
    }

    private static long LengthOf(Survey source)
    {
        var (start, length) = (source.Operand.Start, source.Operand.Length);
        if (source.Kind == OperandKind.Sink)
            return length ?? throw new UsageException($"{source.Operand} has no size; say how much: '@{start}+LENGTH:{source.Operand.Path}'.");
        if (source.Kind == OperandKind.Stream)
            return length ?? 0;
        if (start > source.Size || length > source.Size - start)
            throw new UsageException($"{source.Operand} has {source.Size} bytes; {start}+{length ?? 0} reaches past its end.");
        return length ?? source.Size - start;
    }

    private static long LengthOfZeroes(List<Survey> destinations)
    {
        if (destinations.FirstOrDefault(d => d.Operand.Length is not null)?.Operand.Length is { } given)
            return given;
        if (destinations.Find(d => d.Kind == OperandKind.Missing) is { } missing)
            throw new UsageException($"{missing.Operand} does not exist; to create it, say how long: '@0+LENGTH:{missing.Operand.Path}'.");
        var sized = destinations.Where(d => d.Kind is not (OperandKind.Sink or OperandKind.Stream)).ToList();
        if (sized.Count == 0)
            throw new UsageException($"{destinations[0].Operand} has no size; say how much: '@0+LENGTH:{destinations[0].Operand.Path}'.");
        if (sized.Find(d => d.Size < d.Operand.Start) is { } beyond)
            throw new UsageException($"{beyond.Operand} has {beyond.Size} bytes and ends before {beyond.Operand.Start}; say how much: +LENGTH.");
        var length = sized[0].Size - sized[0].Operand.Start;
        if (sized.Find(d => d.Size - d.Operand.Start != length) is { } other)
            throw new UsageException($"{sized[0].Operand} has {length} bytes to zero and {other.Operand} has {other.Size - other.Operand.Start}; "
                + "give them the same +LENGTH, or zero them one by one.");
        return length;
    }

    private void CheckFits(Survey destination)
    {
        var (operand, size) = (destination.Operand, destination.Size);
        if (operand.Length is { } given && given != Length)
            throw new UsageException($"{operand} is {given} bytes long and {(Source is null ? "another destination" : "the source")} {Length}; "
                + "omit its +LENGTH or make them equal.");
        if (operand.Start > long.MaxValue - Length)
            throw new UsageException($"{operand}: {operand.Start}+{Length} is more than any device has.");
        if (destination.Kind is OperandKind.Disk or OperandKind.Remote && size < operand.Start + Length)
            throw new UsageException($"{operand} has {size} bytes, and {operand.Start + Length} are needed; use a larger "
                + $"{(destination.Kind == OperandKind.Disk ? "device" : "export, which cannot be grown from here,")} or copy less.");
    }

    private void CheckApart(Survey destination, IEnumerable<Survey> before, TransferOptions options)
    {
        foreach (var other in Source is null ? before : before.Prepend(Source))
        {
            if (options.Truncate && destination.Kind == OperandKind.File && destination.Location.Overlaps(destination.Size, other.Location, other.Size))
                throw new UsageException($"{destination.Operand} is the same file as {other.Operand}: --truncate would empty both.");
            if (PartOf(destination).Overlaps(ExtentOf(destination), PartOf(other), ExtentOf(other)))
                throw new UsageException($"{destination.Operand} overlaps {other.Operand}; copy between regions that do not overlap.");
        }
    }

    private static StorageLocation PartOf(Survey survey) => survey.Location with { Offset = survey.Location.Offset + survey.Operand.Start };

    // The extent of an open-ended copy is known only for a device that cannot grow.
    private long ExtentOf(Survey survey) => !IsOpenEnded ? Length : survey.Kind == OperandKind.Disk ? survey.Size - survey.Operand.Start : long.MaxValue;
}
