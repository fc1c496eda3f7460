using Akka;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>
/// A device that keeps its content on several other devices, its legs, and survives the loss of all but one of them. It is a block device like any other, and
/// thread-safe.
/// </summary>
/// <remarks>
/// <para>Created by <see cref="KcopydExtension.OpenMirrorAsync"/>. Requests of more than 4 MiB complete short, as any transfer may.</para>
/// <para>A write is acknowledged when every leg in use has it, and when the log has on stable storage which legs are not in use: a leg that lacks an
/// acknowledged write is never read and never a source, also after a crash. A leg whose write or flush fails is no longer used; the last one is, and its
/// errors are the caller's.</para>
/// </remarks>
public sealed class Mirror : IBlockDevice, IActorDevice
{
    private readonly MirrorCore _core;
    private readonly TargetCalls<MirrorRequest> _calls;
    private int _isDisposed, _isScrubbing;

    private Mirror(MirrorCore core)
    {
        _core = core;
        _calls = new TargetCalls<MirrorRequest>(this, core);
    }

    internal static async Task<Mirror> OpenAsync(
        IActorRefFactory parent, Clients clients, MirrorSettings settings, IReadOnlyList<IBlockDevice?> legs, MirrorOptions options)
    {
        var opened = await new MirrorOpening(legs, options, settings).OpenAsync().ConfigureAwait(false);
        var name = options.Name ?? ActorNames.Next("kcopyd-mirror");
        var core = new MirrorCore(name, opened.Geometry, settings, options, clients, clients.Elsewhere(settings.Dispatcher))
        {
            Devices = [.. legs.OfType<IBlockDevice>()],
            AllDevices = [.. legs.OfType<IBlockDevice>()],
        };
        core.Actor = parent.ActorOf(MirrorActor.Props(core, opened), name);
        return new Mirror(core);
    }

    /// <summary>The actor; it answers <see cref="MirrorProtocol"/>.</summary>
    public IActorRef Actor => _core.Actor;

    /// <inheritdoc/>
    public string Name => _core.Name;

    /// <inheritdoc/>
    public long Length => _core.Geometry.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize => _core.LogicalBlockSize;

    /// <inheritdoc/>
    public int Alignment => _core.Alignment;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <summary>Writing zeroes and discarding, if all legs can; a volatile cache, if one leg has one. Discarded ranges read as zeroes if all legs can write
    /// zeroes.</summary>
    public DeviceFeatures Features => _core.Features;

    /// <summary>Limits recovery, at any time.</summary>
    public KcopydThrottle RecoveryThrottle => _core.Throttle;

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
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => (Features & DeviceFeatures.Discard) == 0
        ? new(IoResult.Failure(IoError.NotSupported))
        : _calls.Change((Features & DeviceFeatures.WriteZeroes) != 0 ? DeviceOperation.Punch : DeviceOperation.Discard, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _calls.Flush();

    /// <summary>Returns the current status.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The mirror is closed.</exception>
    public Task<MirrorStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        AskAsync<MirrorStatus>(static answer => new AskMirrorStatus(answer), cancellationToken);

    /// <summary>Returns when all legs in use are equal.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="InvalidOperationException">The mirror is closed.</exception>
    public Task WhenInSyncAsync(CancellationToken cancellationToken = default) =>
        AskAsync<Done>(static answer => new AwaitInSync(answer), cancellationToken);

    /// <summary>Starts to copy no further region until <see cref="ResumeRecovery"/>. Ranges that could not be read are still repaired.</summary>
    public void PauseRecovery() => Actor.Tell(new PauseRecovery(true), ActorRefs.NoSender);

    /// <summary>Undoes <see cref="PauseRecovery"/>.</summary>
    public void ResumeRecovery() => Actor.Tell(new PauseRecovery(false), ActorRefs.NoSender);

    /// <summary>Tries to copy regions again whose source could not be read.</summary>
    /// <exception cref="InvalidOperationException">The mirror is closed.</exception>
    public Task RetryRecoveryAsync() => AskAsync<Done>(static answer => new RetryRecovery(answer));

    /// <summary>Adds a leg; the mirror's content is copied to it.</summary>
    /// <param name="device">The device, at least as long as the mirror. Its content is overwritten. The mirror disposes it, unless it leaves its legs
    /// open.</param>
    /// <exception cref="ArgumentException">The device cannot be a leg.</exception>
    /// <exception cref="InvalidOperationException">The mirror is closed, has its maximum of legs, or its log cannot be written.</exception>
    public async Task AddLegAsync(IBlockDevice device)
    {
        var status = await GetStatusAsync().ConfigureAwait(false);
        await ReplaceLegAsync(status.Legs.Count, device).ConfigureAwait(false);
    }

    /// <summary>Puts another device in the place of a leg; the mirror's content is copied to it.</summary>
    /// <param name="index">The leg, counted from 0.</param>
    /// <param name="device">The device, at least as long as the mirror. Its content is overwritten.</param>
    /// <exception cref="ArgumentException">The device cannot be a leg.</exception>
    /// <exception cref="InvalidOperationException">The mirror is closed, there is no such leg, it is the only one with the content, or the log cannot be
    /// written.</exception>
    public async Task ReplaceLegAsync(int index, IBlockDevice device)
    {
        CheckDevice(index, device);
        await ReleaseAsync(answer => new SetLeg(index, device, LegKey.Of(device), answer)).ConfigureAwait(false);
    }

    /// <summary>Uses a leg again that had failed: what it lacks is copied to it.</summary>
    /// <param name="index">The leg, counted from 0.</param>
    /// <param name="device">Its device, opened again; null if the old object works again.</param>
    /// <exception cref="ArgumentException">The device cannot be a leg.</exception>
    /// <exception cref="InvalidOperationException">The mirror is closed, there is no such leg, it has not failed, it is another device, or the log cannot be
    /// written.</exception>
    public async Task ReturnLegAsync(int index, IBlockDevice? device = null)
    {
        if (device is not null)
            CheckDevice(index, device);
        await ReleaseAsync(answer => new ReturnLeg(index, device, device is null ? 0 : LegKey.Of(device), answer)).ConfigureAwait(false);
    }

    /// <summary>Ends the use of a leg, which stays part of the mirror: it can be returned or replaced.</summary>
    /// <param name="index">The leg, counted from 0.</param>
    /// <exception cref="InvalidOperationException">The mirror is closed, there is no such leg, it is the only one with the content, or the log cannot be
    /// written.</exception>
    public Task FailLegAsync(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return AskAsync<Done>(answer => new FailLeg(index, answer));
    }

    /// <summary>Removes a leg from the mirror; those behind it move up.</summary>
    /// <param name="index">The leg, counted from 0.</param>
    /// <exception cref="InvalidOperationException">The mirror is closed, there is no such leg, it is the only one with the content, or the log cannot be
    /// written.</exception>
    public Task RemoveLegAsync(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return ReleaseAsync(answer => new RemoveLeg(index, answer));
    }

    /// <summary>Compares all legs in sync, and repairs where they differ. One region at a time is compared, and writes to it wait; the throttle of recovery
    /// applies. One scrub at a time.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the scrub after the current region.</param>
    /// <exception cref="InvalidOperationException">The mirror is closed, or is being scrubbed.</exception>
    public async Task<MirrorScrubResult> ScrubAsync(MirrorScrubOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isScrubbing, 1) != 0)
            throw new InvalidOperationException($"Mirror '{Name}' is being scrubbed already.");
        try
        {
            await GetStatusAsync(cancellationToken).ConfigureAwait(false);      // so that the actor runs
            return await new MirrorScrub(_core, _core.Copies!, options ?? new MirrorScrubOptions()).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isScrubbing, 0);
        }
    }

    /// <summary>Closes the mirror when the I/O in flight has completed, and disposes the legs and the log unless it leaves them open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Actor.Tell(CloseMirror.Instance, ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
        if (_core.Options.LeaveOpen)
            return;
        foreach (var leg in _core.AllDevices)
            await leg.DisposeAsync().ConfigureAwait(false);
        if (_core.Options.Log is { } log)
            await log.DisposeAsync().ConfigureAwait(false);
    }

    private void CheckDevice(int index, IBlockDevice device)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentNullException.ThrowIfNull(device);
        MirrorChecks.CheckNewLeg(device, Length, _core.AllDevices, _core.Options.Log);
    }

    // The device that is no longer used is disposed here, because it may take long.
    private async Task ReleaseAsync(Func<Completion<IBlockDevice?>, IMirrorCommand> command)
    {
        var released = await AskAsync(command).ConfigureAwait(false);
        if (released is not null && !_core.Options.LeaveOpen)
            await released.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> AskAsync<T>(Func<Completion<T>, IMirrorCommand> command, CancellationToken cancellationToken = default)
    {
        var answer = new Completion<T>(_core.Completions);
        return await Actor.AskAsync(answer, command(answer), _core.Stopped.Task, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : throw new InvalidOperationException($"Mirror '{Name}' is closed.");
    }
}
