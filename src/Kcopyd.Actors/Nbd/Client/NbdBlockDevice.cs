using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An export of an NBD server as a device, with many requests in flight, over several connections if the server allows it. Thread-safe.
/// </summary>
/// <remarks>
/// <para>After the loss of the server, the device reconnects for up to <see cref="NbdClientOptions.ReconnectLimit"/> and sends the requests that were in flight
/// again. Each call is answered once.</para>
/// <para>No write is lost: the device keeps the writes that the server acknowledged and was not asked to flush, up to
/// <see cref="NbdClientOptions.UnflushedLimit"/>. After the loss of all connections, it writes them again, in order and before anything else, because the
/// server may have been restarted and lost its cache. As long as one connection lives, so do its server and the cache, and no connection is replaced.</para>
/// <para>This relies on the following: a server that acknowledges a flush has performed it, and a server without flush (no
/// <see cref="DeviceFeatures.VolatileCache"/>) keeps what it acknowledges. NBD has no fencing: a server that was cut off but has not ended may execute a
/// request of the lost connection late, after a newer write to the same place. Concurrent writes to the same place have no order, as on any device. The kept
/// writes are lost with this process.</para>
/// </remarks>
public sealed class NbdBlockDevice : IBlockDevice, IPromptDevice
{
    private readonly NbdClientCore _core;
    private readonly int _maxPayload;
    private int _isDisposed;

    private NbdBlockDevice(NbdClientCore core)
    {
        _core = core;
        Features = core.Terms.Features(core.IsReadOnly);
        LogicalBlockSize = Math.Max(IoRegion.SectorSize, core.Terms.MinimumBlockSize);
        _maxPayload = core.KeepsWrites ? (int)Math.Min(core.Terms.MaximumPayload, core.Options.UnflushedLimit) : core.Terms.MaximumPayload;
    }

    /// <summary>The address of the export.</summary>
    public NbdUri Uri => _core.Uri;

    /// <summary>The actor that owns the connections.</summary>
    public IActorRef Actor => _core.Actor;

    /// <summary>What the server reports about the export.</summary>
    public NbdExportInfo Info => _core.Terms.ToInfo(_core.Uri.Export);

    /// <summary>Whether there is a server now. Each change publishes an <see cref="NbdDeviceStateChanged"/>.</summary>
    public NbdDeviceState State => _core.State;

    /// <summary>The address.</summary>
    public string Name => _core.Name;

    /// <inheritdoc/>
    public long Length => _core.Terms.Length;

    /// <summary>The server's minimum block size, at least 512 bytes.</summary>
    public int LogicalBlockSize { get; }

    /// <summary>The server's minimum block size in bytes; 1 if it has none.</summary>
    public int Alignment => _core.Terms.MinimumBlockSize;

    /// <inheritdoc/>
    public bool IsReadOnly => _core.IsReadOnly;

    /// <inheritdoc/>
    public DeviceFeatures Features { get; }

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it only sends a message to an actor

    internal static async Task<NbdBlockDevice> OpenAsync(
        IActorRefFactory parent, ActorSystem system, Completions completions, NbdUri uri, NbdClientOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        options = (options ?? new NbdClientOptions()).Checked();
        cancellationToken.ThrowIfCancellationRequested();
        var core = new NbdClientCore(new NbdConnector(uri.Checked(), options, system.Scheduler, completions),
            new Elsewhere(system.Dispatchers.Lookup(options.Dispatcher).Schedule, completions));
        core.Actor = parent.ActorOf(NbdClientActor.Props(core), ActorNames.Next("kcopyd-nbd-device"));
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((NbdClientCore)state!).Actor.Tell(new CancelOpening(token), ActorRefs.NoSender), core))
            await core.Opened.Task.ConfigureAwait(false);
        return new NbdBlockDevice(core);
    }

    /// <summary>Asks a server what it reports about an export, without opening it.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">The options; null uses the defaults.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="NbdException">The server is unreachable, refuses, or violates the protocol; the message names it and the remedy.</exception>
    /// <exception cref="ArgumentException">The address has neither a host nor a socket, or both, or an option is outside its range.</exception>
    public static Task<NbdExportInfo> QueryAsync(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new NbdConnector(uri.Checked(), (options ?? new NbdClientOptions()).Checked(), null, Completions.OnPool).QueryAsync(cancellationToken);
    }

    /// <summary>Asks a server for its exports. The export that the address names does not matter.</summary>
    /// <inheritdoc cref="QueryAsync"/>
    public static Task<IReadOnlyList<NbdExportInfo>> ListAsync(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new NbdConnector(uri.Checked(), (options ?? new NbdClientOptions()).Checked(), null, Completions.OnPool).ListAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Payload(offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0))
            : !IsAligned(offset, count) ? new(IoResult.Failure(IoError.Invalid))
            : _core.Submit(NbdCommand.Read, CommandFlags.None, offset, count, buffer[..count]);
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => WriteAsync(offset, buffer, CommandFlags.None);

    /// <summary>Writes, and completes when the data is on stable storage, like a write and a flush: with one request if the server supports it (FUA).</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="buffer">The data to write.</param>
    public ValueTask<IoResult> WriteThroughAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        _core.Terms.Has(TransmissionFlags.SendFua) ? WriteAsync(offset, buffer, CommandFlags.Fua) : WriteAndFlushAsync(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        Change(DeviceFeatures.WriteZeroes, NbdCommand.WriteZeroes, CommandFlags.NoHole, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> PunchAsync(long offset, long length) =>
        Change(DeviceFeatures.WriteZeroes, NbdCommand.WriteZeroes, CommandFlags.None, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => Change(DeviceFeatures.Discard, NbdCommand.Trim, CommandFlags.None, offset, length);

    /// <inheritdoc/>
    public ValueTask<ExtentResult> MapAsync(long offset, long length)
    {
        if ((Features & DeviceFeatures.Map) == 0)
            return new(ExtentResult.Failure(IoError.NotSupported));
        if (offset < 0 || length <= 0 || offset >= Length)
            return new(ExtentResult.Failure(IoError.Invalid));
        // The server maps whole blocks only.
        var count = Math.Min(Math.Min(length, NbdClientCore.MaxMap), Length - offset);
        return IsAligned(offset, count) ? _core.SubmitMap(offset, count) : new(ExtentResult.Failure(IoError.Invalid));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => IsReadOnly || !_core.Terms.Has(TransmissionFlags.SendFlush)
        ? new(_core.IsGone ? IoResult.Failure(IoError.Closed) : IoResult.Success(0))
        : _core.Submit(NbdCommand.Flush, CommandFlags.None, 0, 0, default);

    /// <summary>Fails the requests in flight with <see cref="IoError.Closed"/>, notifies the server, and closes the connections without waiting for a server
    /// that does not answer. Does not flush.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Actor.Tell(CloseDevice.Instance, ActorRefs.NoSender);
        await _core.Stopped.Task.ConfigureAwait(false);
    }

    private ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer, CommandFlags flags)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Payload(offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0))
            : !IsAligned(offset, count) ? new(IoResult.Failure(IoError.Invalid))
            : _core.Submit(NbdCommand.Write, flags, offset, count, MemoryMarshal.AsMemory(buffer[..count]));
    }

    private async ValueTask<IoResult> WriteAndFlushAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        var written = await WriteAsync(offset, buffer).ConfigureAwait(false);
        if (!written.IsSuccess || written.Bytes == 0)
            return written;
        var flushed = await FlushAsync().ConfigureAwait(false);
        return flushed.IsSuccess ? written : flushed;
    }

    private ValueTask<IoResult> Change(DeviceFeatures feature, NbdCommand command, CommandFlags flags, long offset, long length)
    {
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        if ((Features & feature) == 0)
            return new(IoResult.Failure(IoError.NotSupported));
        var count = _core.Terms.Cut(offset, Bounds.Clamp(Length, offset, length), _core.MaxChange);
        return count == 0 ? new(IoResult.Success(0))
            : !IsAligned(offset, count) ? new(IoResult.Failure(IoError.Invalid))
            : _core.Submit(command, flags, offset, count, default);
    }

    private int Payload(long offset, int length) => (int)_core.Terms.Cut(offset, Bounds.Clamp(Length, offset, length), _maxPayload);

    private bool IsAligned(long offset, long count) => ((offset | (offset + count == Length ? 0 : count)) & (Alignment - 1)) == 0;
}
