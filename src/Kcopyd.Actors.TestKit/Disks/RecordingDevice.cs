using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// Records everything that changes the underlying device in a <see cref="WriteLog"/>, from which <see cref="PowerCuts"/> makes the states after a power cut.
/// Reads, maps and results pass through unchanged. Any thread may call any member, and I/Os may be in flight together.
/// </summary>
/// <remarks>When the layer is created, it begins to read the underlying device, except for its holes, and keeps what is not zero. Changes wait until the whole
/// device has been read; a device that answers at once, such as one in memory, has been read when the constructor returns.</remarks>
public sealed class RecordingDevice : DeviceLayer, IPromptDevice
{
    private const int LargestClone = 1 << 20;       // its bytes are kept

    private readonly Task _captured;

    /// <summary>Creates the layer, adds a disk to the log, and begins to read the device.</summary>
    /// <param name="inner">The underlying device. Nothing else may change it from now on.</param>
    /// <param name="log">The log, which may have other disks: they are cut at the same time.</param>
    /// <param name="isBlank">True if the device is known to contain zeroes only, so that it need not be read.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentException">The device is a stream or a sink and has no content.</exception>
    public RecordingDevice(IBlockDevice inner, WriteLog log, bool isBlank = false, bool leaveOpen = false)
        : base(inner, leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(log);
        if ((inner.Features & (DeviceFeatures.Sink | DeviceFeatures.Stream)) != 0 || inner.Length == long.MaxValue)
            throw new ArgumentException($"{inner.Name} is a stream or a sink: only a device that keeps its content can be recorded.", nameof(inner));
        Log = log;
        Disk = log.Add(inner.Name, inner.Length, inner.LogicalBlockSize);
        _captured = isBlank ? Task.CompletedTask : OriginalContent.CaptureAsync(inner, Disk.Original);
        if (_captured.IsCompletedSuccessfully)
            Disk.Captured();
        else
            _captured = MarkCapturedAsync(_captured);
    }

    /// <summary>The log.</summary>
    public WriteLog Log { get; }

    /// <summary>The disk of the log that stands for this device.</summary>
    public LoggedDisk Disk { get; }

    /// <inheritdoc/>
    public override DeviceFeatures Features => Inner.Features;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => _captured.IsCompletedSuccessfully && Inner.IsPrompt(operation);

    /// <summary>Returns when the original content of the device is known.</summary>
    /// <exception cref="BlockDeviceException">The device could not be read.</exception>
    public Task CaptureAsync() => _captured;

    /// <inheritdoc/>
    public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        await _captured.ConfigureAwait(false);
        if (IsOutside(offset, buffer.Length))
            return await Inner.WriteAsync(offset, buffer).ConfigureAwait(false);
        var io = Log.Issue(Disk, DiskIoKind.Write, offset, buffer.Span);
        return await EndAsync(io, () => Inner.WriteAsync(offset, buffer)).ConfigureAwait(false);
    }

    /// <summary>Writes, and completes when the data is on stable storage. On an <see cref="NbdBlockDevice"/> it is a forced write, on others a write and a
    /// flush. In both cases a power cut can still lose earlier writes, because no more is promised.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="buffer">The data to write.</param>
    public async ValueTask<IoResult> WriteThroughAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        await _captured.ConfigureAwait(false);
        if (IsOutside(offset, buffer.Length))
            return await Inner.WriteAsync(offset, buffer).ConfigureAwait(false);
        var io = Log.Issue(Disk, DiskIoKind.WriteThrough, offset, buffer.Span);
        return await EndAsync(io, () => Inner is NbdBlockDevice nbd ? nbd.WriteThroughAsync(offset, buffer) : WriteAndFlushAsync(offset, buffer))
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        ChangeAsync(DiskIoKind.WriteZeroes, offset, length, Inner.WriteZeroesAsync);

    /// <summary>Punches the underlying device.</summary>
    public override ValueTask<IoResult> PunchAsync(long offset, long length) => ChangeAsync(DiskIoKind.Punch, offset, length, Inner.PunchAsync);

    /// <inheritdoc/>
    public override ValueTask<IoResult> DiscardAsync(long offset, long length) => ChangeAsync(DiskIoKind.Discard, offset, length, Inner.DiscardAsync);

    /// <summary>Maps the underlying device.</summary>
    public override ValueTask<ExtentResult> MapAsync(long offset, long length) => Inner.MapAsync(offset, length);

    /// <summary>Returns the kinds of the underlying device.</summary>
    public override OffloadKinds CloneKinds(IBlockDevice source) => Inner.CloneKinds(Unrecorded(source));

    /// <summary>Reads up to 1 MiB of the source for the log, and clones as much to the underlying device.</summary>
    public override async ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind)
    {
        ArgumentNullException.ThrowIfNull(source);
        await _captured.ConfigureAwait(false);
        source = Unrecorded(source);
        if (IsOutside(offset, length))
            return await Inner.CloneFromAsync(source, sourceOffset, offset, length, kind).ConfigureAwait(false);
        var bytes = AlignedMemory.Allocate((int)Math.Min(Math.Min(length, Length - offset), LargestClone));
        if (await source.ReadAsync(sourceOffset, bytes).ConfigureAwait(false) is var read && (!read.IsSuccess || read.Bytes == 0))
            return read;                // the caller copies, and meets the same error
        var io = Log.Issue(Disk, DiskIoKind.Clone, offset, bytes.Span[..(int)read.Bytes]);
        return await EndAsync(io, () => Inner.CloneFromAsync(source, sourceOffset, offset, read.Bytes, kind)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<IoResult> FlushAsync()
    {
        await _captured.ConfigureAwait(false);
        return await EndAsync(Log.IssueFlush(Disk), Inner.FlushAsync).ConfigureAwait(false);
    }

    /// <summary>Waits for the capture, and disposes the underlying device unless it is to be left open.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _captured.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);     // the device must not be disposed while it is read
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static IBlockDevice Unrecorded(IBlockDevice device)
    {
        while (device is RecordingDevice recording)
            device = recording.Inner;
        return device;
    }

    private async Task MarkCapturedAsync(Task reading)
    {
        await reading.ConfigureAwait(false);
        Disk.Captured();
    }

    private async ValueTask<IoResult> ChangeAsync(DiskIoKind kind, long offset, long length, Func<long, long, ValueTask<IoResult>> change)
    {
        await _captured.ConfigureAwait(false);
        if (IsOutside(offset, length))
            return await change(offset, length).ConfigureAwait(false);
        var io = Log.Issue(Disk, kind, offset, length);
        return await EndAsync(io, () => change(offset, length)).ConfigureAwait(false);
    }

    private async ValueTask<IoResult> WriteAndFlushAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        var written = await Inner.WriteAsync(offset, buffer).ConfigureAwait(false);
        if (!written.IsSuccess)
            return written;
        var flushed = await Inner.FlushAsync().ConfigureAwait(false);
        if (flushed.IsSuccess)
            return written;
        Log.Fail(Log.IssueFlush(Disk), flushed.Error);      // it has reported, and so used up, the failure of earlier writes
        return IoResult.Failure(flushed.Error);
    }

    private async ValueTask<IoResult> EndAsync(LoggedIo io, Func<ValueTask<IoResult>> run)
    {
        IoResult result;
        try
        {
            result = await run().ConfigureAwait(false);
        }
        catch
        {
            Log.Fail(io, IoError.WorkerCrashed);    // the device is gone: the write may have reached the medium
            throw;
        }
        Log.Complete(io, result);
        return result;
    }

    // The device refuses such an I/O, which changes nothing.
    private bool IsOutside(long offset, long length) => Bounds.RefuseWrite(this, offset, length) != IoError.None || offset > Disk.Length;
}
