using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// The content of an origin at one moment, and what was written to the snapshot since. It is a block device like any other, and thread-safe. A write to a new
/// chunk completes when its record is in the store; <see cref="FlushAsync"/> also makes writes to chunks that were already in the store durable.
/// </summary>
public sealed class Snapshot : IBlockDevice, IActorDevice
{
    private readonly SnapshotOrigin _origin;
    private readonly SnapshotCore _core;
    private readonly TargetCalls<OriginRequest> _calls;
    private int _isDisposed;

    internal Snapshot(SnapshotOrigin origin, SnapshotCore core)
    {
        _origin = origin;
        _core = core;
        _calls = new TargetCalls<OriginRequest>(this, core.Origin, request => request.Snapshot = core);
        IsReadOnly = core.Cow.IsReadOnly;
        Alignment = Math.Max(origin.Alignment, core.Cow.Alignment);
        LogicalBlockSize = Math.Max(origin.LogicalBlockSize, core.Cow.LogicalBlockSize);
    }

    /// <inheritdoc/>
    public string Name => _core.Name;

    /// <summary>The origin's length in bytes.</summary>
    public long Length => _origin.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize { get; }

    /// <inheritdoc/>
    public int Alignment { get; }

    /// <summary>True if the store was opened read-only.</summary>
    public bool IsReadOnly { get; }

    /// <summary>The size of a chunk, the unit of copy-on-write, in bytes.</summary>
    public int ChunkSize => _core.Geometry.ChunkSize;

    /// <summary>The options with which it was opened.</summary>
    public SnapshotOptions Options => _core.Options;

    /// <summary>The features of the device. Discards are supported if <see cref="SnapshotOptions.DiscardZeroesCow"/> is set.</summary>
    public DeviceFeatures Features => DeviceFeatures.VolatileCache | (_core.Options.DiscardZeroesCow && !IsReadOnly ? DeviceFeatures.Discard : 0);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it only sends to an actor

    bool IActorDevice.TryTake(DeviceIo io, IActorRef owner) => _calls.TryTake(io, owner);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => _calls.Read(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => _calls.Write(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => (Features & DeviceFeatures.Discard) == 0
        ? new(IoResult.Failure(IoError.NotSupported))
        : _calls.Change(DeviceOperation.Discard, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _calls.Flush();

    /// <summary>Returns the current status.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<SnapshotStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var answer = new Completion<SnapshotStatus>(_origin.Completions);
        return await _origin.Actor.AskAsync(answer, new AskStatus(_core, answer), _origin.Stopped, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : _core.Status();
    }

    /// <summary>Returns the chunks in which the snapshot and its origin differ or may differ: those that an incremental backup must copy. Both may be in use.
    /// Changes made before the call are included; changes made during the call may be. If the snapshot is invalid afterwards (<see cref="GetStatusAsync"/>),
    /// chunks may be missing. Thread-safe.</summary>
    /// <returns>Chunk numbers in ascending order. A chunk has <see cref="ChunkSize"/> bytes; the last one may have fewer.</returns>
    /// <exception cref="InvalidOperationException">The origin is closed.</exception>
    public async Task<IReadOnlyList<long>> GetChangedChunksAsync()
    {
        var chunks = new List<long>();
        // One part at a time, so that requests do not wait for millions of chunks.
        for (var part = 0; part < ExceptionTable.Parts; part++)
            await _origin.CommandAsync(answer => new AskExceptions(_core, part, chunks, answer)).ConfigureAwait(false);
        chunks.Sort();
        return chunks;
    }

    /// <summary>Continues with a larger device for the store, while the snapshot is in use. The device already contains the store: the same file or volume,
    /// opened again after it was extended. The snapshot disposes its previous device, unless <see cref="SnapshotOptions.LeaveOpen"/> is set.</summary>
    /// <param name="larger">A device that holds the same store and is not smaller.</param>
    /// <exception cref="ArgumentException">The device is smaller, read-only, has a larger alignment, or is not the store's storage; the snapshot keeps its
    /// current device.</exception>
    /// <exception cref="InvalidOperationException">The snapshot or its origin is closed.</exception>
    public async Task GrowAsync(IBlockDevice larger)
    {
        ArgumentNullException.ThrowIfNull(larger);
        var before = _core.Cow;
        if (larger.IsReadOnly && !before.IsReadOnly)
            throw new ArgumentException($"{larger.Name} is read-only; open it for writing, like the store.", nameof(larger));
        if (larger.Alignment > before.Alignment)
            throw new ArgumentException($"{larger.Name} requires multiples of {larger.Alignment} bytes, and {before.Name} of {before.Alignment}; "
                + "open it with the same IoMode as the store.", nameof(larger));
        if (larger.Length < before.Length)
            throw new ArgumentException(
                $"{larger.Name} has {larger.Length} bytes; the store has {before.Length}. A store can grow, but not shrink.", nameof(larger));
        if (!Equals(larger.Locate(0), before.Locate(0)))
            throw new ArgumentException(
                $"{larger.Name} is not the same storage as {before.Name}: open the same file or volume again after extending it.", nameof(larger));
        await _origin.CommandAsync(grown => new GrowStore(_core, larger, grown)).ConfigureAwait(false);
        if (!_core.Options.LeaveOpen && !ReferenceEquals(larger, before))
            await before.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Merges the snapshot into its origin while both are in use. As soon as the merge begins, both read as the snapshot does. The merge can be cancelled and
    /// continued at any time, also by another process or after a power cut.
    /// </summary>
    /// <param name="progress">Called after each run of chunks, inside the actor; must not block.</param>
    /// <param name="cancellationToken">Stops the merge after the current run.</param>
    /// <returns>The result. I/O errors are reported there, not thrown.</returns>
    /// <exception cref="InvalidOperationException">The merge cannot begin: the snapshot is invalid, transient, unclean or closed, another merge is under way,
    /// or the origin is read-only or closed.</exception>
    public Task<MergeResult> MergeAsync(IProgress<MergeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var merge = new MergeJob(_origin.Completions, progress, cancellationToken);
        return _origin.AskAsync(merge.Ended, new MergeSnapshot(_core, merge));
    }

    /// <summary>Closes the snapshot when the I/O in flight has completed. A persistent snapshot can be opened again, but it then also shows what was written to
    /// the origin while it was closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        try
        {
            await _origin.CommandAsync(detached => new DetachSnapshot(_core, detached)).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // the origin is closed, and the snapshot with it
        }
        if (!_core.Options.LeaveOpen)
            await _core.Cow.DisposeAsync().ConfigureAwait(false);
    }
}
