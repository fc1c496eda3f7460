namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// Follows the operations on a block device with a volatile cache, and reports reads that such a device must not answer: every sector shows what was written
/// last, or an older or newer content where operations overlap or a power cut allows it, and never a third one.
/// </summary>
/// <remarks>
/// <para>The rules, for each sector separately: a change takes effect at one moment between its call and its end, and so does a read. A change that failed took
/// effect before its end, or not; one that is open may take effect until the next power cut, or never. Changes of several sectors may be torn between sectors,
/// not within one. After a power cut, a sector contains what the last flush made durable, or any change since, in whatever order the device wrote back its
/// cache; which one it is does not change until the sector is written again, and nothing that was called before the cut takes effect after it. A flush that
/// succeeded makes durable what completed before its call; a change with force unit access is durable when it returns. After a flush that failed, what was not
/// durable may be lost, at that moment or later, and flushing again does not help. A discarded sector may contain anything until it is written.</para>
/// <para>A content is identified by a stamp that the caller chooses: a number written into each sector, or <see cref="SectorStamp.Of"/> its bytes; zeroes have
/// the stamp 0. Unique stamps make the check sharpest: where two writes of the same stamp are possible, a read does not tell which one it found.</para>
/// <para>Each event costs time in proportion to its sectors and to the operations that overlap there; a flush, to the sectors changed since the last one. The
/// order of the events is the order in which the methods are called, from one thread at a time.</para>
/// </remarks>
/// <param name="sectors">The size of the device in sectors (of any size).</param>
/// <param name="initialStamp">What every sector contains at the beginning.</param>
public sealed class BlockDeviceModel(long sectors, long initialStamp = SectorStamp.Zero)
{
    private readonly EventLog _events = new();
    private readonly List<BlockDeviceOperation> _operations = [];
    private readonly List<BlockDeviceViolation> _violations = [];
    private readonly SectorMap _map = new(initialStamp);
    private readonly Queue<BlockDeviceOperation> _reads = new();
    private int _epoch;

    /// <summary>The size of the device in sectors.</summary>
    public long SectorCount { get; } = sectors > 0
        ? sectors
        : throw new ArgumentOutOfRangeException(nameof(sectors), sectors, "A device has at least one sector.");

    /// <summary>The answers that the rules do not allow, in the order of the reads. After a violation, the model accepts what was read as the sector's
    /// content, so that one defect is reported once.</summary>
    public IReadOnlyList<BlockDeviceViolation> Violations => _violations;

    /// <summary>The operations, in the order of their calls.</summary>
    public IReadOnlyList<BlockDeviceOperation> Operations => _operations;

    /// <summary>Records the call of a read.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">The number of sectors.</param>
    /// <param name="client">The caller, for reports.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or not on the device.</exception>
    public BlockDeviceOperation CallRead(long sector, int count = 1, string client = "", TimeSpan? now = null)
    {
        var read = Call(BlockDeviceOperationKind.Read, sector, count, 0, false, client, now);
        _reads.Enqueue(read);
        return read;
    }

    /// <summary>Records the call of a write.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">The number of sectors.</param>
    /// <param name="stamp">What each of the sectors will contain.</param>
    /// <param name="durable">True for a write with force unit access.</param>
    /// <param name="client">The caller, for reports.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or not on the device.</exception>
    public BlockDeviceOperation CallWrite(long sector, int count, long stamp, bool durable = false, string client = "", TimeSpan? now = null) =>
        Call(BlockDeviceOperationKind.Write, sector, count, stamp, durable, client, now);

    /// <summary>Records the call of an operation that makes sectors read as zeroes.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">The number of sectors.</param>
    /// <param name="durable">True for force unit access.</param>
    /// <param name="client">The caller, for reports.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or not on the device.</exception>
    public BlockDeviceOperation CallWriteZeroes(long sector, int count, bool durable = false, string client = "", TimeSpan? now = null) =>
        Call(BlockDeviceOperationKind.WriteZeroes, sector, count, SectorStamp.Zero, durable, client, now);

    /// <summary>Records the call of a discard.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">The number of sectors.</param>
    /// <param name="client">The caller, for reports.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or not on the device.</exception>
    public BlockDeviceOperation CallDiscard(long sector, int count, string client = "", TimeSpan? now = null) =>
        Call(BlockDeviceOperationKind.Discard, sector, count, 0, false, client, now);

    /// <summary>Records the call of a flush.</summary>
    /// <param name="client">The caller, for reports.</param>
    /// <param name="now">The virtual time, for the story.</param>
    public BlockDeviceOperation CallFlush(string client = "", TimeSpan? now = null) =>
        Call(BlockDeviceOperationKind.Flush, 0, 0, 0, false, client, now);

    /// <summary>Records that a change or a flush succeeded. If a power cut came between the call and the answer, the answer proves nothing and is
    /// ignored.</summary>
    /// <param name="operation">A write, zeroing, discard or flush that is pending or unknown.</param>
    /// <param name="count">The number of sectors that were transferred, if the transfer was short: the others are as after a failure.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentException">The operation is a read, or belongs to another model.</exception>
    /// <exception cref="ArgumentOutOfRangeException">More sectors were transferred than requested.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public void Return(BlockDeviceOperation operation, int? count = null, TimeSpan? now = null)
    {
        CheckOpen(operation);
        if (operation.Kind == BlockDeviceOperationKind.Read)
            throw new ArgumentException($"{operation} is a read: return what it found in each sector.", nameof(operation));
        var done = count ?? operation.SectorCount;
        if (done < 0 || done > operation.SectorCount)
            throw new ArgumentOutOfRangeException(nameof(count), done, $"{operation} transfers 0 to {operation.SectorCount} sectors.");
        if (!End(operation, OperationOutcome.Returned, done == operation.SectorCount ? "return" : $"return {done} of", now))
            return;
        if (operation.Kind == BlockDeviceOperationKind.Flush)
            _map.Flushed(operation.CallPosition);
        else
            _map.End(operation, done, OldestRead());
    }

    /// <summary>Records what a read found. If a power cut came between the call and the answer, the answer is ignored.</summary>
    /// <param name="read">A pending read.</param>
    /// <param name="stamps">The content of each sector; fewer than requested if the transfer was short.</param>
    /// <param name="now">The virtual time, for the story and the report.</param>
    /// <returns>True if every sector shows what it may show; otherwise <see cref="Violations"/> has grown.</returns>
    /// <exception cref="ArgumentException">The operation is not a read, or belongs to another model, or more stamps than sectors are returned.</exception>
    /// <exception cref="InvalidOperationException">The read has ended or was recorded as unknown.</exception>
    public bool Return(BlockDeviceOperation read, ReadOnlySpan<long> stamps, TimeSpan? now = null)
    {
        CheckOpen(read);
        if (read.Kind != BlockDeviceOperationKind.Read)
            throw new ArgumentException($"{read} is not a read: return it without stamps.", nameof(read));
        if (stamps.Length > read.SectorCount)
            throw new ArgumentException($"{read} returned {stamps.Length} stamps: return one for each sector.", nameof(stamps));
        if (!End(read, OperationOutcome.Returned, "return", now, $" -> {Text.Of(stamps)}"))
            return true;
        var end = read.EndPosition!.Value;
        var oldest = OldestRead();
        var before = _violations.Count;
        for (var i = 0; i < stamps.Length; i++)
        {
            var sector = read.FirstSector + i;
            var state = _map[sector];
            if (state.Read(stamps[i], read.CallPosition, end, oldest))
                continue;
            _violations.Add(new(sector, read, stamps[i], now, Origin(sector, stamps[i], end),
                [.. state.Visible(read.CallPosition, end).SelectMany(version => version.Contents)]));
            state.Accept(stamps[i], $"found by {read} against the rules", end);
        }
        return _violations.Count == before;
    }

    /// <summary>Records that an operation failed. A failed change may have taken effect in any of its sectors, but does not do so any more.</summary>
    /// <param name="operation">An operation that is pending or unknown.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentException">The operation belongs to another model.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public void Fail(BlockDeviceOperation operation, TimeSpan? now = null)
    {
        CheckOpen(operation);
        if (!End(operation, OperationOutcome.Failed, "fail  ", now))
            return;
        if (operation.Kind == BlockDeviceOperationKind.Flush)
            _map.FlushFailed(operation.EndPosition!.Value);
        else
            _map.End(operation, 0, OldestRead());
    }

    /// <summary>Records that the caller stopped waiting: a change may take effect at any time before the next power cut, or never. A change or a
    /// flush may still return later; a read may not.</summary>
    /// <param name="operation">A pending operation.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentException">The operation belongs to another model.</exception>
    /// <exception cref="InvalidOperationException">The operation is not pending.</exception>
    public void Unknown(BlockDeviceOperation operation, TimeSpan? now = null)
    {
        CheckOpen(operation);
        if (operation.Outcome == OperationOutcome.Unknown)
            throw new InvalidOperationException($"{operation} was recorded as unknown before: record it once.");
        operation.Outcome = OperationOutcome.Unknown;
        _events.Add(operation.Client, $"unknown {operation}", now);
    }

    /// <summary>Records that the power was cut and restored: what was not durable may be lost, and what was in progress has ended.</summary>
    /// <param name="now">The virtual time, for the story.</param>
    public void PowerCut(TimeSpan? now = null)
    {
        _map.PowerCut(_events.Count);
        _reads.Clear();
        _epoch++;
        _events.Add("", "power cut", now);
    }

    /// <summary>The events, one line each.</summary>
    public string Story() => _events.Story();

    private BlockDeviceOperation Call(BlockDeviceOperationKind kind, long sector, int count, long stamp, bool durable, string client, TimeSpan? now)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (kind != BlockDeviceOperationKind.Flush && (sector < 0 || sector >= SectorCount))
            throw new ArgumentOutOfRangeException(nameof(sector), sector, $"The device has the sectors 0 to {SectorCount - 1}.");
        if (kind != BlockDeviceOperationKind.Flush && (count < 1 || count > SectorCount - sector))
            throw new ArgumentOutOfRangeException(nameof(count), count, $"From sector {sector}, 1 to {SectorCount - sector} sectors are on the device.");
        var operation = new BlockDeviceOperation(this, _operations.Count + 1, _events.Count, _epoch)
        {
            Kind = kind,
            FirstSector = sector,
            SectorCount = count,
            Stamp = stamp,
            IsDurable = durable,
            Client = client,
        };
        _operations.Add(operation);
        if (operation.IsChange)
            _map.Begin(operation);
        _events.Add(client, $"call    {operation}", now);
        return operation;
    }

    private void CheckOpen(BlockDeviceOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.Model != this)
            throw new ArgumentException($"{operation} belongs to another model: end it in the model that it was called in.", nameof(operation));
        if (operation.Outcome is OperationOutcome.Returned or OperationOutcome.Failed ||
            (operation.Outcome == OperationOutcome.Unknown && operation.Kind == BlockDeviceOperationKind.Read))
            throw new InvalidOperationException($"{operation} has ended already: an operation ends once.");
    }

    // False if the operation was called before a power cut.
    private bool End(BlockDeviceOperation operation, OperationOutcome outcome, string what, TimeSpan? now, string found = "")
    {
        operation.Outcome = outcome;
        operation.EndPosition = _events.Count;
        var isCurrent = operation.Epoch == _epoch;
        _events.Add(operation.Client, $"{what,-7} {operation}{found}{(isCurrent ? "" : " (called before the power cut: ignored)")}", now);
        return isCurrent;
    }

    private int OldestRead()
    {
        while (_reads.TryPeek(out var oldest) && oldest.Outcome != OperationOutcome.Pending)
            _reads.Dequeue();
        return _reads.TryPeek(out var pending) ? pending.CallPosition : _events.Count;
    }

    private string Origin(long sector, long stamp, int end)
    {
        var origin = _operations.FindLast(operation => operation.IsChange && operation.Kind != BlockDeviceOperationKind.Discard &&
            operation.Stamp == stamp && operation.Covers(sector) && operation.CallPosition < end);
        return origin is not null ? $"which {origin} ({origin.Span}) had made"
            : stamp == initialStamp ? "which was the initial content"
            : "which was never written there";
    }
}
