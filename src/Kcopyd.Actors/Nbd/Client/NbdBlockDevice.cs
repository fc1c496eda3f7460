using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An export of an NBD server as a device: many requests in flight, over several connections where the server allows it. Any thread may use it.
/// </summary>
/// <remarks>
/// <para>A server that is lost is looked for until <see cref="NbdClientOptions.ReconnectLimit"/>, and what was in flight is sent again. Each call is
/// answered once.</para>
/// <para>No write is lost: what the server acknowledged and was not asked to flush is kept here, up to
/// <see cref="NbdClientOptions.UnflushedLimit"/>, and written again, in order and before anything else, when all connections were lost, because the server
/// may have been restarted and its cache with it. As long as one connection lives, its server and its cache do, and none is replaced.</para>
/// <para>The limits of that: a server that acknowledges a flush has done it. One that has no flush (no <see cref="DeviceFeatures.VolatileCache"/>) keeps
/// what it acknowledges. NBD has no fencing: a server that was cut off, and not ended, may execute a request of the lost connection late, after a newer write
/// to the same place. Writes to the same place at the same time have no order, here as on any device. What is kept is lost with this process.</para>
/// </remarks>
public sealed class NbdBlockDevice : IBlockDevice, IPromptDevice
{
    private readonly NbdClientCore _core;
    private readonly int _mostPayload;
    private int _isDisposed;

    private NbdBlockDevice(NbdClientCore core)
    {
        _core = core;
        Features = core.Terms.Features(core.IsReadOnly);
        LogicalBlockSize = Math.Max(IoRegion.SectorSize, core.Terms.MinimumBlockSize);
        _mostPayload = core.KeepsWrites ? (int)Math.Min(core.Terms.MaximumPayload, core.Options.UnflushedLimit) : core.Terms.MaximumPayload;
    }

    /// <summary>Where it is.</summary>
    public NbdUri Uri => _core.Uri;

    /// <summary>The actor that owns the connections.</summary>
    public IActorRef Actor => _core.Actor;

    /// <summary>What the server says of the export.</summary>
    public NbdExportInfo Info => _core.Terms.ToInfo(_core.Uri.Export);

    /// <summary>Whether there is a server now. <see cref="NbdDeviceStateChanged"/> tells of each change.</summary>
    public NbdDeviceState State => _core.State;

    /// <summary>The address.</summary>
    public string Name => _core.Name;

    /// <inheritdoc/>
    public long Length => _core.Terms.Length;

    /// <summary>The server's minimum block size, at least 512 bytes.</summary>
    public int LogicalBlockSize { get; }

    /// <summary>The server's minimum block size in bytes; 1 where it has none.</summary>
    public int Alignment => _core.Terms.MinimumBlockSize;

    /// <inheritdoc/>
    public bool IsReadOnly => _core.IsReadOnly;

    /// <inheritdoc/>
    public DeviceFeatures Features { get; }

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => true;     // it tells an actor

    internal static async Task<NbdBlockDevice> OpenAsync(IActorRefFactory parent, ActorSystem system, NbdUri uri, NbdClientOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        options = (options ?? new NbdClientOptions()).Checked();
        cancellationToken.ThrowIfCancellationRequested();
        var core = new NbdClientCore(new NbdConnector(uri.Checked(), options, system.Scheduler), new Elsewhere(system.Dispatchers.Lookup(options.Dispatcher).Schedule));
        core.Actor = parent.ActorOf(NbdClientActor.Props(core), ActorNames.Next("kcopyd-nbd-device"));
        using (cancellationToken.UnsafeRegister(static (state, token) => ((NbdClientCore)state!).Actor.Tell(new CancelOpening(token), ActorRefs.NoSender), core))
            await core.Opened.Task.ConfigureAwait(false);
        return new NbdBlockDevice(core);
    }

    /// <summary>Asks a server what it says of an export, without opening it.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">How it is used; null takes the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NbdException">The server is not there, or refuses, or breaks the protocol; the message names it and the remedy.</exception>
    /// <exception cref="ArgumentException">The address has neither a host nor a socket, or both, or an option is outside its range.</exception>
    public static Task<NbdExportInfo> QueryAsync(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new NbdConnector(uri.Checked(), (options ?? new NbdClientOptions()).Checked(), null).QueryAsync(cancellationToken);
    }

    /// <summary>Asks a server what exports it has. The one that the address names does not matter.</summary>
    /// <inheritdoc cref="QueryAsync"/>
    public static Task<IReadOnlyList<NbdExportInfo>> ListAsync(NbdUri uri, NbdClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return new NbdConnector(uri.Checked(), (options ?? new NbdClientOptions()).Checked(), null).ListAsync(cancellationToken);
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

    /// <summary>Writes, and is done when that is on stable storage, as a write and a flush are: by one request where the server has it (FUA).</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="buffer">What to write.</param>
    public ValueTask<IoResult> WriteThroughAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        _core.Terms.Has(TransmissionFlags.SendFua) ? WriteAsync(offset, buffer, CommandFlags.Fua) : WriteAndFlushAsync(offset, buffer);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        Change(DeviceFeatures.WriteZeroes, NbdCommand.WriteZeroes, CommandFlags.NoHole, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> PunchAsync(long offset, long length) => Change(DeviceFeatures.WriteZeroes, NbdCommand.WriteZeroes, CommandFlags.None, offset, length);

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => Change(DeviceFeatures.Discard, NbdCommand.Trim, CommandFlags.None, offset, length);

    /// <inheritdoc/>
    public ValueTask<ExtentResult> MapAsync(long offset, long length)
    {
        if ((Features & DeviceFeatures.Map) == 0)
            return new(ExtentResult.Failure(IoError.NotSupported));
        if (offset < 0 || length <= 0 || offset >= Length)
            return new(ExtentResult.Failure(IoError.Invalid));
        // Of whole blocks, and what is told of the rest of the last one is cut off again by nobody's harm: it is on the device.
        var count = Math.Min(Math.Min(length, NbdClientCore.LongestMap), Length - offset);
        return IsAligned(offset, count) ? _core.SubmitMap(offset, count) : new(ExtentResult.Failure(IoError.Invalid));
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => IsReadOnly || !_core.Terms.Has(TransmissionFlags.SendFlush)
        ? new(_core.IsGone ? IoResult.Failure(IoError.Closed) : IoResult.Success(0))
        : _core.Submit(NbdCommand.Flush, CommandFlags.None, 0, 0, default);

    /// <summary>Fails what is in flight with <see cref="IoError.Closed"/>, tells the server, and closes the connections; does not wait for a server that does
    /// not answer. What was not flushed is not flushed by this.</summary>
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
        var count = _core.Terms.Cut(offset, Bounds.Clamp(Length, offset, length), _core.LongestChange);
        return count == 0 ? new(IoResult.Success(0))
            : !IsAligned(offset, count) ? new(IoResult.Failure(IoError.Invalid))
            : _core.Submit(command, flags, offset, count, default);
    }

    private int Payload(long offset, int length) => (int)_core.Terms.Cut(offset, Bounds.Clamp(Length, offset, length), _mostPayload);

    private bool IsAligned(long offset, long count) => ((offset | (offset + count == Length ? 0 : count)) & (Alignment - 1)) == 0;
}
