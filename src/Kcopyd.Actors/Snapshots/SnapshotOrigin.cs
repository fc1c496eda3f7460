using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// A device of which snapshots are taken. Whoever writes to it writes through this: a chunk that a snapshot still needs is copied into
/// its store first. It is a device like any other, for any thread.
/// </summary>
/// <remarks>
/// <para>Made by <see cref="KcopydExtension.CreateSnapshotOrigin"/>. Requests of more than 4 MiB are answered short, as any transfer may be.
/// Writes that go past it, to the device beneath, change what the snapshots show.</para>
/// <para>From the beginning of a merge on, the origin reads as the snapshot that is merged into it does.</para>
/// </remarks>
public sealed class SnapshotOrigin : IBlockDevice, IActorDevice
{
    private readonly OriginCore _core;
    private readonly bool _leaveOpen;
    private int _isDisposed;

    internal static SnapshotOrigin Create(
        IActorRefFactory parent, Clients clients, SnapshotSettings settings, IBlockDevice device, string? name, bool leaveOpen, OriginIdentity? identity)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Length == long.MaxValue || (device.Length & (IoRegion.SectorSize - 1)) != 0)
        {
            throw new ArgumentException(
                $"{device.Name} has {(device.Length == long.MaxValue ? "no size" : $"{device.Length} bytes, no multiple of 512")}: it cannot be the origin of snapshots. Take a range of it.",
                nameof(device));
        }
        name ??= ActorNames.Next("kcopyd-origin");
        var core = new OriginCore(name, device, settings, identity ?? OriginIdentity.Of(device), clients, clients.Elsewhere(settings.Dispatcher));
        core.Actor = parent.ActorOf(OriginActor.Props(core), name);
        return new SnapshotOrigin(core, leaveOpen);
    }

    internal SnapshotOrigin(OriginCore core, bool leaveOpen)
    {
        _core = core;
        _leaveOpen = leaveOpen;
    }

    /// <summary>The actor; it answers <see cref="SnapshotProtocol"/>.</summary>
    public IActorRef Actor => _core.Actor;

    /// <inheritdoc/>
    public string Name => _core.Name;

    /// <inheritdoc/>
    public long Length => _core.Device.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize => _core.Device.LogicalBlockSize;

    /// <inheritdoc/>
    public int Alignment => _core.Device.Alignment;

    /// <inheritdoc/>
    public bool IsReadOnly => _core.Device.IsReadOnly;

    /// <summary>That writes may be lost until they are flushed, if that is so beneath. Zeroes are written, and nothing is discarded, as by the kernel's
    /// origin.</summary>
    public DeviceFeatures Features => _core.Device.Features & DeviceFeatures.VolatileCache;

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => _core.Device.Locate(offset);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it tells an actor

    bool IActorDevice.TryTake(DeviceIo io, IActorRef owner) => _core.TryTake(this, null, io, owner);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : _core.Submit(DeviceOperation.Read, null, offset, buffer[..count]);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : _core.Submit(DeviceOperation.Write, null, offset, buffer[..count]);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _core.Submit(DeviceOperation.Flush, null, 0, default);

    /// <summary>
    /// Takes a snapshot, or opens one that was taken before: from the moment when the task ends, it shows what the origin held then, or what its
    /// store says it held. Requests that come meanwhile wait.
    /// </summary>
    /// <param name="cow">Where the snapshot keeps the chunks that differ; at least two chunks. The snapshot disposes it unless the options say otherwise;
    /// if it cannot be opened, it stays the caller's.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or the COW device is the origin, or it is read-only and has no store.</exception>
    /// <exception cref="SnapshotStoreException">The store cannot be used: damaged, crafted, truncated, or somebody else's data.</exception>
    /// <exception cref="InvalidOperationException">The origin is closed, or a snapshot is being merged into it.</exception>
    public async Task<Snapshot> OpenSnapshotAsync(IBlockDevice cow, SnapshotOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cow);
        options ??= new SnapshotOptions();
        var core = await SnapshotOpening.OpenAsync(_core, cow, options).ConfigureAwait(false);
        await CommandAsync(attached => new AttachSnapshot(core, attached)).ConfigureAwait(false);
        return new Snapshot(this, core);
    }

    /// <summary>How the open snapshots are.</summary>
    public async Task<IReadOnlyList<SnapshotStatus>> GetStatusAsync()
    {
        var answer = Actor.Ask<SnapshotProtocol.Statuses>(new SnapshotProtocol.GetStatus(), Timeout.InfiniteTimeSpan);
        return await Task.WhenAny(answer, _core.Stopped.Task).ConfigureAwait(false) == answer ? (await answer.ConfigureAwait(false)).Snapshots : [];
    }

    /// <summary>Closes the origin when what is on its way is done; its snapshots are closed with it, and its device is disposed unless it was to be left
    /// open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Actor.Tell(CloseOrigin.Instance, ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
        if (!_leaveOpen)
            await _core.Device.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Tells the actor, and waits until it has done that, or is gone.</summary>
    internal async Task CommandAsync(Func<TaskCompletionSource, IOriginCommand> command)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Actor.Tell(command(done), ActorRefs.NoSender);
        if (await Task.WhenAny(done.Task, _core.Stopped.Task).ConfigureAwait(false) != done.Task && !done.Task.IsCompleted)
            throw new InvalidOperationException($"Origin '{Name}' is closed.");
        await done.Task.ConfigureAwait(false);
    }

    internal Task Stopped => _core.Stopped.Task;
}
