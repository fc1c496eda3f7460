using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// What an origin held at one moment, and what was written to the snapshot since. It is a device like any other, for any thread. A write
/// that is reported done is in the store, record and all; <see cref="FlushAsync"/> makes writes to chunks that were in the store before durable, too.
/// </summary>
public sealed class Snapshot : IBlockDevice, IActorDevice
{
    private readonly SnapshotOrigin _origin;
    private readonly SnapshotCore _core;
    private int _isDisposed;

    internal Snapshot(SnapshotOrigin origin, SnapshotCore core)
    {
        _origin = origin;
        _core = core;
        IsReadOnly = core.Cow.IsReadOnly;
        Alignment = Math.Max(origin.Alignment, core.Cow.Alignment);
        LogicalBlockSize = Math.Max(origin.LogicalBlockSize, core.Cow.LogicalBlockSize);
    }

    /// <inheritdoc/>
    public string Name => _core.Name;

    /// <summary>Bytes: the origin's.</summary>
    public long Length => _origin.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize { get; }

    /// <inheritdoc/>
    public int Alignment { get; }

    /// <summary>True if the store was opened for reading only.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Bytes of a chunk: the unit of copy-on-write.</summary>
    public int ChunkSize => _core.Geometry.ChunkSize;

    /// <summary>How it was opened.</summary>
    public SnapshotOptions Options => _core.Options;

    /// <summary>Discards are taken if <see cref="SnapshotOptions.DiscardZeroesCow"/> says so.</summary>
    public DeviceFeatures Features => DeviceFeatures.VolatileCache | (_core.Options.DiscardZeroesCow && !IsReadOnly ? DeviceFeatures.Discard : 0);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it tells an actor

    bool IActorDevice.TryTake(DeviceIo io, IActorRef owner) => _core.Origin.TryTake(this, _core, io, owner);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : _core.Origin.Submit(DeviceOperation.Read, _core, offset, buffer[..count]);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : _core.Origin.Submit(DeviceOperation.Write, _core, offset, buffer[..count]);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length)
    {
        if ((Features & DeviceFeatures.Discard) == 0)
            return new(IoResult.Failure(IoError.NotSupported));
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, length);
        return count == 0 ? new(IoResult.Success(0)) : _core.Origin.Submit(DeviceOperation.Discard, _core, offset, count, default);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _core.Origin.Submit(DeviceOperation.Flush, _core, 0, default);

    /// <summary>How it is.</summary>
    public async Task<SnapshotStatus> GetStatusAsync()
    {
        var answer = new TaskCompletionSource<SnapshotStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        _origin.Actor.Tell(new AskStatus(_core, answer), ActorRefs.NoSender);
        await Task.WhenAny(answer.Task, _origin.Stopped).ConfigureAwait(false);
        return answer.Task.IsCompleted ? await answer.Task.ConfigureAwait(false) : _core.Status();
    }

    /// <summary>The chunks in which the snapshot and its origin differ, or may: what an incremental backup has to take, while both are used. What was changed
    /// before the call is among them; what is changed during it may be. Of a snapshot that is invalid afterwards (<see cref="GetStatusAsync"/>), chunks may be
    /// missing. Any thread.</summary>
    /// <returns>Their numbers, in ascending order: a chunk is <see cref="ChunkSize"/> bytes, the last one perhaps fewer.</returns>
    /// <exception cref="InvalidOperationException">The origin is closed.</exception>
    public async Task<IReadOnlyList<long>> GetChangedChunksAsync()
    {
        var chunks = new List<long>();
        // A part at a time, so that requests do not wait for millions of them.
        for (var part = 0; part < ExceptionTable.Parts; part++)
            await _origin.CommandAsync(answer => new AskExceptions(_core, part, chunks, answer)).ConfigureAwait(false);
        chunks.Sort();
        return chunks;
    }

    /// <summary>Goes on with a larger device for its store, while it is used. The store's bytes are there already: the file or volume was extended, and is
    /// opened anew. The snapshot disposes the device that it had, unless that was to be left open.</summary>
    /// <param name="larger">The device that holds the same store and is no smaller.</param>
    /// <exception cref="ArgumentException">It is smaller, read-only, of another alignment, or another store; the snapshot keeps the one that it
    /// has.</exception>
    /// <exception cref="InvalidOperationException">The snapshot or its origin is closed.</exception>
    public async Task GrowAsync(IBlockDevice larger)
    {
        ArgumentNullException.ThrowIfNull(larger);
        var before = _core.Cow;
        if (larger.IsReadOnly && !before.IsReadOnly)
            throw new ArgumentException($"{larger.Name} is read-only; open it for writing, as the store was.", nameof(larger));
        if (larger.Alignment > before.Alignment)
            throw new ArgumentException($"{larger.Name} wants multiples of {larger.Alignment} bytes, and {before.Name} of {before.Alignment}; open it as the store was, with the same IoMode.", nameof(larger));
        if (larger.Length < before.Length)
            throw new ArgumentException($"{larger.Name} has {larger.Length} bytes; the store has {before.Length}. A store can grow, not shrink.", nameof(larger));
        if (!Equals(larger.Locate(0), before.Locate(0)))
            throw new ArgumentException($"{larger.Name} is not the storage that {before.Name} is: open the same file or volume again after extending it.", nameof(larger));
        await _origin.CommandAsync(grown => new GrowStore(_core, larger, grown)).ConfigureAwait(false);
        if (!_core.Options.LeaveOpen && !ReferenceEquals(larger, before))
            await before.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Merges the snapshot into its origin, while both are used: from the beginning on both read as the snapshot does. It can be cancelled, and
    /// begun again at any time, also by another process or after a power cut.
    /// </summary>
    /// <param name="progress">Is told after each run of chunks, inside the actor: must not block.</param>
    /// <param name="cancellationToken">Stops it after the run that it is at.</param>
    /// <returns>How it ended; an I/O error is in there, and not thrown.</returns>
    /// <exception cref="InvalidOperationException">It cannot begin: the snapshot is invalid, transient or closed, or another merge is under way.</exception>
    public async Task<MergeResult> MergeAsync(IProgress<MergeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var merge = new MergeJob(progress, cancellationToken);
        _origin.Actor.Tell(new MergeSnapshot(_core, merge), ActorRefs.NoSender);
        if (await Task.WhenAny(merge.Ended, _origin.Stopped).ConfigureAwait(false) != merge.Ended && !merge.Ended.IsCompleted)
            throw new InvalidOperationException($"Origin '{_origin.Name}' is closed.");
        return await merge.Ended.ConfigureAwait(false);
    }

    /// <summary>Closes the snapshot when what is on its way is done. A persistent one can be opened again; but what is written to the origin
    /// meanwhile is then seen through it.</summary>
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
            // the origin is closed, and this with it
        }
        if (!_core.Options.LeaveOpen)
            await _core.Cow.DisposeAsync().ConfigureAwait(false);
    }
}
