using Kcopyd.Actors.Devices;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <content>Holes, and clones of other files. Both operate on the inode, so either descriptor can be used, and the kernel keeps the page cache coherent: a
/// clone includes data that was written and is not yet on the medium.</content>
internal sealed partial class LinuxFileDevice
{
    private readonly FileSystem _fileSystem;
    private volatile OffloadKinds _refused;     // ways that the file system has reported as unsupported

    public override ValueTask<IoResult> PunchAsync(long offset, long length)
    {
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        length = Bounds.Clamp(Length, offset, length);
        if (length == 0)
            return new(IoResult.Success(0));
        return MayBlock(() =>
        {
            if (Length == long.MaxValue)
                return Whole(length, Zero(offset, length));
            var result = _kind == FileKind.Regular || (_kind == FileKind.Block && IsAligned(offset | length)) ? PunchHole(offset, length) : -LibC.ENOTSUP;
            return Whole(length, result == -LibC.ENOTSUP ? Zero(offset, length) : result);
        });
    }

    public override ValueTask<ExtentResult> MapAsync(long offset, long length)
    {
        if (offset < 0 || length < 0)
            return new(ExtentResult.Failure(IoError.Invalid));
        length = Bounds.Clamp(Length, offset, length);
        if (_kind != FileKind.Regular)
            return new(ExtentResult.Data(length));
        return MayBlock(() => Map(offset, length));
    }

    private ExtentResult Map(long offset, long length)
    {
        var data = LibC.Seek(_buffered, offset, LibC.SEEK_DATA);
        if (data == -LibC.ENXIO)
        {
            // A hole up to the end, which may have moved toward the start since the file was opened. A range past the end is no hole: reading it reports the
            // error.
            var end = LibC.Seek(_buffered, 0, LibC.SEEK_END);
            return end > offset ? ExtentResult.Zero(Math.Min(end - offset, length)) : ExtentResult.Data(length);
        }
        if (data < 0)
            return ExtentResult.Failure((IoError)(-data));
        if (data > offset)
            return ExtentResult.Zero(Math.Min(data - offset, length));
        // To find the end of the data, tmpfs walks over every page of it, which is not worth it for a range of at most one block.
        if (length <= _fileSystem.BlockSize)
            return ExtentResult.Data(length);
        var hole = LibC.Seek(_buffered, offset, LibC.SEEK_HOLE);
        return hole < 0 ? ExtentResult.Failure((IoError)(-hole))
            : hole > offset ? ExtentResult.Data(Math.Min(hole - offset, length))
            : ExtentResult.Data(length);    // another process is punching a hole there
    }

    public override OffloadKinds CloneKinds(IBlockDevice source)
    {
        var (offset, length) = (0L, 0L);
        return !IsReadOnly && RangeBlockDevice.Unwrap(source, ref offset, ref length) is LinuxFileDevice from
            ? _fileSystem.CloneKinds(from._fileSystem) & ~_refused
            : OffloadKinds.None;
    }

    public override ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind)
    {
        if (Bounds.RefuseWrite(this, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        if (sourceOffset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        length = Bounds.Clamp(Length, offset, length);
        if ((CloneKinds(source) & kind) == 0 || RangeBlockDevice.Unwrap(source, ref sourceOffset, ref length) is not LinuxFileDevice from)
            return new(IoResult.Failure(IoError.NotSupported));
        length = Bounds.Clamp(from.Length, sourceOffset, length);
        if (length == 0)
            return new(IoResult.Success(0));
        return kind == OffloadKinds.SmallCopy
            ? new(Clone(from, sourceOffset, offset, length, kind))
            : CloneAsync(from, sourceOffset, offset, length, kind);
    }

    // A separate method, so that the small copy does not pay for the closure.
    private ValueTask<IoResult> CloneAsync(LinuxFileDevice from, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        MayBlock(() => Clone(from, sourceOffset, offset, length, kind));

    private IoResult Clone(LinuxFileDevice from, long sourceOffset, long offset, long length, OffloadKinds kind)
    {
        var result = kind switch
        {
            OffloadKinds.Reflink => Share(from, sourceOffset, offset, length),
            OffloadKinds.ServerCopy or OffloadKinds.KernelCopy or OffloadKinds.SmallCopy =>
                LibC.CopyRange(from._buffered, sourceOffset, _buffered, offset, length),
            _ => -LibC.ENOTSUP,
        };
        if (-result is LibC.ENOTSUP or LibC.EXDEV or LibC.ENOTTY or LibC.ENOSYS)
            _refused |= kind;   // a lost race loses one of two flags; the next attempt sets it again
        return Answer(result);
    }

    // Whole blocks only; a partial block can be shared only if both files end with it.
    private long Share(LinuxFileDevice from, long sourceOffset, long offset, long length)
    {
        var whole = length & -_fileSystem.BlockSize;
        if (length != whole && sourceOffset + length == from.Length && offset + length == Length
            && LibC.ShareRange(from._buffered, sourceOffset, _buffered, offset, length) == 0)
        {
            return length;
        }
        if (whole == 0)
            return -LibC.EINVAL;
        var result = LibC.ShareRange(from._buffered, sourceOffset, _buffered, offset, whole);
        return result < 0 ? result : whole;
    }
}
