using Akka;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// A device that has snapshots. All writes to the device must go through this object, which first copies each chunk that a snapshot still needs into its
/// store. It is a block device like any other, and thread-safe.
/// </summary>
/// <remarks>
/// <para>Created by <see cref="KcopydExtension.CreateSnapshotOrigin"/>. Requests of more than 4 MiB complete short, as any transfer may. Writes that bypass it
/// and go directly to the underlying device change what the snapshots show.</para>
/// <para>From the beginning of a merge, the origin reads as the snapshot that is merged into it.</para>
/// </remarks>
public sealed class SnapshotOrigin : IBlockDevice, IActorDevice
{
    private readonly OriginCore _core;
    private readonly TargetCalls<OriginRequest> _calls;
    private readonly bool _leaveOpen;
    private int _isDisposed;

    internal static SnapshotOrigin Create(
        IActorRefFactory parent, Clients clients, SnapshotSettings settings, IBlockDevice device, string? name, bool leaveOpen, OriginIdentity? identity)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Length == long.MaxValue || (device.Length & (IoRegion.SectorSize - 1)) != 0)
        {
            throw new ArgumentException(
                $"{device.Name} has {(device.Length == long.MaxValue ? "no size" : $"{device.Length} bytes, which is not a multiple of 512")}: "
                + "it cannot be the origin of snapshots. Use a range of it.", nameof(device));
        }
        name ??= ActorNames.Next("kcopyd-origin");
        var core = new OriginCore(name, device, settings, identity ?? OriginIdentity.Of(device), clients, clients.Elsewhere(settings.Dispatcher));
        core.Actor = parent.ActorOf(OriginActor.Props(core), name);
        return new SnapshotOrigin(core, leaveOpen);
    }

    internal SnapshotOrigin(OriginCore core, bool leaveOpen)
    {
        _core = core;
        _calls = new TargetCalls<OriginRequest>(this, core);
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

    /// <summary>The features of the device: a volatile cache, if the underlying device has one. As in the kernel's origin target, zeroes are written, and
    /// discards are not supported.</summary>
    public DeviceFeatures Features => _core.Device.Features & DeviceFeatures.VolatileCache;

    /// <inheritdoc/>
    public StorageLocation Locate(long offset) => _core.Device.Locate(offset);

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it only sends to an actor

    bool IActorDevice.TryTake(DeviceIo io, IActorRef owner) => _calls.TryTake(io, owner);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => _calls.Read(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => _calls.Write(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => _calls.Flush();

    /// <summary>
    /// Takes a snapshot, or opens an existing one. When the task completes, a new snapshot shows what the origin holds at that moment, and an existing one what
    /// the origin held according to its store. Requests that arrive in the meantime wait.
    /// </summary>
    /// <param name="cow">The device that stores the chunks that differ; at least two chunks. The snapshot disposes it unless
    /// <see cref="SnapshotOptions.LeaveOpen"/> is set; if the snapshot cannot be opened, the caller keeps it.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or the COW device is the origin, or it is read-only and has no store.</exception>
    /// <exception cref="SnapshotStoreException">The store cannot be used: it is damaged, crafted or truncated, or the device holds other data.</exception>
    /// <exception cref="InvalidOperationException">The origin is closed, or a snapshot is being merged into it.</exception>
    public async Task<Snapshot> OpenSnapshotAsync(IBlockDevice cow, SnapshotOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(cow);
        options ??= new SnapshotOptions();
        var core = await SnapshotOpening.OpenAsync(_core, cow, options).ConfigureAwait(false);
        await CommandAsync(attached => new AttachSnapshot(core, attached)).ConfigureAwait(false);
        return new Snapshot(this, core);
    }

    /// <summary>Returns the current status of the origin and its open snapshots. A closed origin has none.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<OriginStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        var answer = new Completion<OriginStatus>(_core.Completions);
        return await Actor.AskAsync(answer, new AskOriginStatus(answer), Stopped, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : new OriginStatus(Name, []);
    }

    /// <summary>Closes the origin and its snapshots when the I/O in flight has completed, and disposes its device unless the origin was created to leave it
    /// open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Actor.Tell(CloseOrigin.Instance, ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
        if (!_leaveOpen)
            await _core.Device.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Sends a command to the actor, and waits until it is executed or the actor has stopped.</summary>
    internal async Task CommandAsync(Func<Completion<Done>, IOriginCommand> command)
    {
        var done = new Completion<Done>(_core.Completions);
        await AskAsync(done, command(done)).ConfigureAwait(false);
    }

    /// <summary>Sends a command to the actor, and waits for its result.</summary>
    /// <exception cref="InvalidOperationException">The actor has stopped, or refuses the command.</exception>
    internal async Task<T> AskAsync<T>(Completion<T> done, IOriginCommand command) => await Actor.AskAsync(done, command, Stopped).ConfigureAwait(false)
        ? await done.Task.ConfigureAwait(false)
        : throw new InvalidOperationException($"Origin '{Name}' is closed.");

    internal Completions Completions => _core.Completions;

    internal Task Stopped => _core.Stopped.Task;
}
