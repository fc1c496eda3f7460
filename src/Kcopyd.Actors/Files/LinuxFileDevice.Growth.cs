using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <content>Growth of an open file or volume, extended by this object or by another process.</content>
internal sealed partial class LinuxFileDevice
{
    private long _length;

    /// <summary>True if the file has no name left: its content is lost when it is closed.</summary>
    internal override bool IsDeleted => _kind == FileKind.Regular && LibC.Status(_buffered, out var status) == 0 && status.Links == 0;

    private protected override void Refresh()
    {
        var now = _kind switch
        {
            FileKind.Regular when LibC.Status(_buffered, out var status) == 0 => status.Size,
            FileKind.Block when LibC.Query(_buffered, LibC.BLKGETSIZE64, out var size) == 0 => size,
            _ => 0,
        };
        if (now > Length)
            Volatile.Write(ref _length, now);
    }

    private protected override ValueTask<IoResult> GrowAsync(long length) => MayBlock(() =>
    {
        Refresh();
        if (length <= Length)
            return IoResult.Success(0);
        var result = Reserve(Length, length - Length);
        if (result is 0 or -LibC.ENOTSUP)
            result = LibC.Truncate(_buffered, length);
        Refresh();
        return result < 0 ? IoResult.Failure((IoError)(-result)) : IoResult.Success(0);
    });

    /// <summary>Reserves space for a range of a regular file, so that writes there cannot run out of space. Changes nothing else. May block.</summary>
    /// <returns>0, or -errno: -ENOTSUP if the file system cannot reserve space.</returns>
    internal override long Reserve(long offset, long length) =>
        _kind != FileKind.Regular ? -LibC.ENOTSUP : length == 0 ? 0 : LibC.Allocate(_buffered, LibC.FALLOC_FL_KEEP_SIZE, offset, length);
}
