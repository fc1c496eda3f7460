using System.Runtime.Versioning;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.Files;

/// <summary>A regular file, a block device, or a character device as a sink, through system calls.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxFileDevice : FileBlockDevice, IPromptDevice
{
    private readonly FileKind _kind;
    private readonly FileDescriptor _buffered;
    private readonly FileDescriptor? _direct;
    private readonly StorageLocation _start;
    private readonly FlushLatch _flush;
    private readonly bool _isInMemory;      // a transfer is a memory copy and does not wait
    private volatile bool _cannotTry;       // reads without waiting are not supported
    private volatile bool _cannotTryWrite;
    private volatile bool _noZeroRange;
    private string? _newName;               // until its directory is synced; guarded by the flush latch

    internal LinuxFileDevice(FileOpening opened)
    {
        Name = opened.Path;
        _length = opened.Length;
        LogicalBlockSize = opened.LogicalBlockSize;
        Alignment = opened.Alignment;
        IsReadOnly = opened.IsReadOnly;
        Features = opened.Features;
        _kind = opened.Status.Kind;
        _start = StorageIdentity.Locate(opened.Buffered, opened.Status);
        _buffered = opened.Buffered;
        _direct = opened.Direct;
        _flush = new FlushLatch(Sync);
        _newName = opened.NewName;
        _fileSystem = FileSystem.Of(opened.Buffered, opened.Status);
        _isInMemory = _kind == FileKind.Character || _fileSystem.IsInMemory;
    }

    public override string Name { get; }

    public override long Length => Volatile.Read(ref _length);

    public override int LogicalBlockSize { get; }

    public override int Alignment { get; }

    public override bool IsReadOnly { get; }

    public override DeviceFeatures Features { get; }

    public override bool IsRegularFile => _kind == FileKind.Regular;

    public override bool IsDirect => _direct is not null;

    // In memory, a transfer is a copy; elsewhere, the thread's ring waits for reads and writes. All other operations are system calls that block.
    bool IPromptDevice.IsPrompt(DeviceOperation operation) => _isInMemory || operation switch
    {
        DeviceOperation.Read => EngineThread.Lane is not null,
        DeviceOperation.Write => (IsDirect || !_cannotTryWrite) && EngineThread.Lane is not null,
        _ => false,
    };

    public override StorageLocation Locate(long offset) => _start with { Offset = _start.Offset + offset };

    /// <summary>The key of the device from a byte on, which survives a restart; null if there is none. May block.</summary>
    internal override string? StableKey(long offset) => Files.StableKey.Of(_buffered, _start, offset);

    public override unsafe ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        fixed (byte* memory = buffer.Span)
        {
            var isDirect = IsForDirect(offset, memory, ref count);
            if (_isInMemory || EngineThread.Lane is not { } lane)
                return new(Answer(LibC.Read(FileFor(isDirect), memory, count, offset)));
            if (isDirect)
                return lane.Read(_direct!, buffer[..count], offset);
            // Data in the page cache is available without leaving the worker; the ring waits for all other data.
            if (!_cannotTry)
            {
                var done = LibC.TryRead(_buffered, memory, count, offset);
                if (done is not (-LibC.EAGAIN or -LibC.ENOTSUP))
                    return new(Answer(done));
                _cannotTry |= done == -LibC.ENOTSUP;
            }
            return lane.Read(_buffered, buffer[..count], offset);
        }
    }

    public override unsafe ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        fixed (byte* memory = buffer.Span)
        {
            var isDirect = IsForDirect(offset, memory, ref count);
            if (_isInMemory || EngineThread.Lane is not { } lane)
                return new(Answer(LibC.Write(FileFor(isDirect), memory, count, offset)));
            if (isDirect)
                return lane.Write(_direct!, buffer[..count], offset);
            var canTry = !_cannotTryWrite;
            if (canTry)
            {
                var done = LibC.TryWrite(_buffered, memory, count, offset);
                if (done is not (-LibC.EAGAIN or -LibC.ENOTSUP))
                    return new(Answer(done));
                _cannotTryWrite |= done == -LibC.ENOTSUP;
            }
            // Most such writes (ext4's) are memory copies, too, but any of them may wait. The caller whose attempt just failed was promised that it does not.
            return lane.HasTransfers || canTry
                ? lane.Write(_buffered, buffer[..count], offset)
                : new(Answer(LibC.Write(_buffered, memory, count, offset)));
        }
    }

    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length)
    {
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        length = Bounds.Clamp(Length, offset, length);
        return length == 0 ? new(IoResult.Success(0)) : MayBlock(() => Whole(length, Zero(offset, length)));
    }

    public override ValueTask<IoResult> DiscardAsync(long offset, long length)
    {
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        length = Bounds.Clamp(Length, offset, length);
        return length == 0 ? new(IoResult.Success(0)) : MayBlock(() => Whole(length, _kind switch
        {
            FileKind.Regular => PunchHole(offset, length),
            FileKind.Block => DiscardBlocks(offset, length),
            _ => -LibC.ENOTSUP,
        }));
    }

    // The kernel refuses partial blocks. Those at the ends may keep their content: a discard is advisory.
    private long DiscardBlocks(long offset, long length)
    {
        var first = (offset + LogicalBlockSize - 1) & -LogicalBlockSize;
        var end = (offset + length) & -LogicalBlockSize;
        return first < end ? LibC.OnRange(_buffered, LibC.BLKDISCARD, first, end - first) : 0;
    }

    public override ValueTask<IoResult> FlushAsync() => _isInMemory ? new(new IoResult(0, _flush.Flush())) : MayBlock(() => new IoResult(0, _flush.Flush()));

    public override ValueTask<IoResult> EvictAsync(long offset, long length)
    {
        if (_kind == FileKind.Character)
            return new(IoResult.Success(0));
        // The kernel drops clean pages only. Direct writes leave no pages behind, so in direct mode the caller's flush is enough.
        return MayBlock(() => !IsDirect && !IsReadOnly && _flush.Flush() is var error and not IoError.None
            ? IoResult.Failure(error)
            : Whole(0, LibC.DropCache(_buffered, offset, length)));
    }

    public override ValueTask DisposeAsync()
    {
        _direct?.Dispose();
        _buffered.Dispose();
        return ValueTask.CompletedTask;
    }

    // The aligned head is transferred directly, as a short transfer; the caller then transfers the tail, which goes through the page cache.
    private unsafe bool IsForDirect(long offset, byte* memory, ref int count)
    {
        if (_direct is null)
            return false;
        var head = count & -Alignment;
        if (head == 0 || ((offset | (long)memory) & (Alignment - 1)) != 0)
            return false;
        count = head;
        return true;
    }

    private FileDescriptor FileFor(bool isDirect)
    {
        if (!isDirect)
            return _buffered;
        EngineThread.MayBlock();
        return _direct!;
    }

    private ValueTask<T> MayBlock<T>(Func<T> call) => _isInMemory ? new(call()) : EngineThread.Block(call);

    private long Zero(long offset, long length) => _kind switch
    {
        FileKind.Regular => ZeroFile(offset, length),
        FileKind.Block when IsAligned(offset | length) => LibC.OnRange(_buffered, LibC.BLKZEROOUT, offset, length),
        _ => -LibC.ENOTSUP,
    };

    private long ZeroFile(long offset, long length)
    {
        // Zeroing keeps the size. A hole past the end is made by moving the end.
        if (Length == long.MaxValue && LibC.Status(_buffered, out var status) == 0 && status.Size < offset + length
            && LibC.Truncate(_buffered, offset + length) is < 0 and var refused)
        {
            return refused;
        }
        if (!_noZeroRange)
        {
            var result = LibC.Allocate(_buffered, LibC.FALLOC_FL_ZERO_RANGE | LibC.FALLOC_FL_KEEP_SIZE, offset, length);
            if (result != -LibC.ENOTSUP)
                return result;
            _noZeroRange = true; // tmpfs, for example, only punches holes
        }
        return PunchHole(offset, length);
    }

    private long PunchHole(long offset, long length) =>
        LibC.Allocate(_buffered, LibC.FALLOC_FL_PUNCH_HOLE | LibC.FALLOC_FL_KEEP_SIZE, offset, length);

    // Both descriptors refer to one inode: either of them syncs its pages and sees its errors.
    private IoError Sync()
    {
        if (_kind == FileKind.Character)
            return IoError.None; // it has no cache, and fsync fails with EINVAL
        var error = ErrorOf(LibC.Sync(_buffered));
        if (error == IoError.None && _newName is not null)
        {
            error = FileOpening.SyncDirectoryOf(_newName);
            _newName = null;
        }
        return error;
    }

    private bool IsAligned(long value) => (value & (LogicalBlockSize - 1)) == 0;

    private static IoError ErrorOf(long result) => result < 0 ? (IoError)(-result) : IoError.None;

    private static IoResult Answer(long result) => result < 0 ? IoResult.Failure((IoError)(-result)) : IoResult.Success(result);

    private static IoResult Whole(long length, long result) => result < 0 ? IoResult.Failure((IoError)(-result)) : IoResult.Success(length);
}
