using Akka;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Clones;

/// <summary>
/// A device that reads like its source at once, and becomes a local copy of it: regions are copied to the destination in the background, and when they are
/// written. The source is never written. It is a block device like any other, and thread-safe.
/// </summary>
/// <remarks>
/// <para>Opened by <see cref="KcopydExtension.OpenCloneAsync"/>. The metadata has the format of the kernel's dm-clone, which can continue where this clone was
/// closed or where the power failed, and the reverse. Writes that go directly to the source or the destination are not noticed, and damage the clone.</para>
/// <para>Requests of more than 4 MiB complete short, as any transfer may. Regions marked as hydrated are committed by <see cref="FlushAsync"/>, on a timer, and
/// on closing. A power cut loses only what was not flushed.</para>
/// <para>A discard of whole regions hydrates them without a copy, if the destination supports discards; what they read as is then up to the destination.
/// Otherwise discards do nothing.</para>
/// </remarks>
public sealed class Clone : IBlockDevice, IActorDevice
{
    private readonly CloneCore _core;
    private readonly TargetCalls<CloneRequest> _calls;
    private int _isDisposed;

    internal Clone(CloneCore core)
    {
        _core = core;
        _calls = new TargetCalls<CloneRequest>(this, core);
        var (source, destination) = (core.Devices.Source, core.Devices.Destination);
        LogicalBlockSize = Math.Max(source.LogicalBlockSize, destination.LogicalBlockSize);
        Alignment = Math.Max(source.Alignment, destination.Alignment);
        Features = (destination.Features & (DeviceFeatures.WriteZeroes | DeviceFeatures.Discard)) | DeviceFeatures.VolatileCache;
        if (core.Options.NoDiscardPassdown)
            Features &= ~DeviceFeatures.Discard;
    }

    /// <summary>The actor.</summary>
    public IActorRef Actor => _core.Actor;

    /// <inheritdoc/>
    public string Name => _core.Name;

    /// <inheritdoc/>
    public long Length => _core.Geometry.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize { get; }

    /// <inheritdoc/>
    public int Alignment { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <summary>The features of the destination that concern writes, and a volatile cache: writes are durable when the metadata is committed.</summary>
    public DeviceFeatures Features { get; }

    /// <summary>Limits the background hydration; it can be changed at any time. Copies that a write waits for are not limited.</summary>
    public KcopydThrottle Throttle => _core.Throttle;

    /// <summary>Region size in bytes.</summary>
    public int RegionSize => (int)_core.Geometry.RegionSize;

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => _core.Devices.Destination.Locate(offset);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it only sends to an actor

    bool IActorDevice.TryTake(DeviceIo io, IActorRef owner) => _calls.TryTake(io, owner);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => _calls.Read(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => _calls.Write(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => _calls.Change(DeviceOperation.Zero, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> PunchAsync(long offset, long length) => _calls.Change(DeviceOperation.Punch, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => _calls.Change(DeviceOperation.Discard, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _calls.Flush();

    /// <summary>Returns the current status.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The clone is closed.</exception>
    public async Task<CloneStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var answer = new Completion<CloneStatus>(_core.Completions);
        return await AskAsync(answer, new AskCloneStatus(answer), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Enables the background hydration.</summary>
    /// <exception cref="InvalidOperationException">The clone is closed.</exception>
    public Task EnableHydrationAsync() => SetAsync(true, null, null);

    /// <summary>Disables the background hydration. Copies in flight end, and writes continue to hydrate.</summary>
    /// <exception cref="InvalidOperationException">The clone is closed.</exception>
    public Task DisableHydrationAsync() => SetAsync(false, null, null);

    /// <summary>Sets the maximum number of regions that the background hydration copies at once.</summary>
    /// <param name="regions">At least 0, which stops it.</param>
    /// <exception cref="InvalidOperationException">The clone is closed.</exception>
    public Task SetHydrationThresholdAsync(int regions)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(regions);
        return SetAsync(null, regions, null);
    }

    /// <summary>Sets the maximum number of consecutive regions that one copy of the background hydration copies.</summary>
    /// <param name="regions">1 to 65536.</param>
    /// <exception cref="InvalidOperationException">The clone is closed.</exception>
    public Task SetHydrationBatchSizeAsync(int regions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(regions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regions, 1 << 16);
        return SetAsync(null, null, regions);
    }

    /// <summary>Returns when all regions are hydrated and this is committed: the source is no longer needed.</summary>
    /// <param name="cancellationToken">Cancels the wait, not the hydration.</param>
    /// <exception cref="InvalidOperationException">The clone was closed before.</exception>
    public async Task WhenHydratedAsync(CancellationToken cancellationToken = default)
    {
        await Task.WhenAny(_core.Hydrated.Task, _core.Stopped.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_core.Hydrated.IsSet)
            throw Closed();
    }

    /// <summary>Completes the requests and copies in flight, commits, closes the clone, and disposes its devices unless they are to be left open. If the commit
    /// fails, what was not flushed is lost, as in a power cut.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Actor.Tell(CloseClone.Instance, ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
        if (_core.Options.LeaveOpen)
            return;
        await _core.Devices.Source.DisposeAsync().ConfigureAwait(false);
        await _core.Devices.Destination.DisposeAsync().ConfigureAwait(false);
        await _core.Devices.Metadata.DisposeAsync().ConfigureAwait(false);
    }

    private async Task SetAsync(bool? isEnabled, int? threshold, int? batchSize)
    {
        var done = new Completion<Done>(_core.Completions);
        await AskAsync(done, new SetHydration(isEnabled, threshold, batchSize, done), CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<T> AskAsync<T>(Completion<T> answer, ICloneCommand command, CancellationToken cancellationToken) =>
        await Actor.AskAsync(answer, command, _core.Stopped.Task, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : throw Closed();

    private InvalidOperationException Closed() => new($"Clone '{Name}' is closed.");
}
