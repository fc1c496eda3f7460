using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Transfers;

/// <summary>A destination file that was created or made longer for a copy. Its full length promises what only the whole copy keeps.</summary>
/// <param name="Destination">Its number.</param>
/// <param name="Path">The file.</param>
/// <param name="IsNew">True if this command created it.</param>
/// <param name="Before">Bytes that it had before; 0 of a new one.</param>
internal sealed record NewLength(int Destination, string Path, bool IsNew, long Before)
{
    /// <summary>Nothing was written: a new file goes away, and another one gets its old length back.</summary>
    public void Undo()
    {
        if (IsNew)
            File.Delete(Path);
        else
            Cut(static (_, before) => before);
    }

    /// <summary>Cuts off what lies behind the last block that was written, but nothing that was there before.</summary>
    /// <param name="written">Bytes that were written; if there are none, it is as if nothing had happened.</param>
    public void CutUnwritten(long written)
    {
        if (written == 0)
            Undo();
        else
            Cut(EndOfData);
    }

    // What fails here leaves the file as it is, which is no worse than it was.
    private void Cut(Func<FileDescriptor, long, long?> endOf)
    {
        using var file = LibC.Open(Path, LibC.O_RDWR, out _);
        if (file is not null && endOf(file, Before) is { } end)
            LibC.Truncate(file, end);
    }

    // Null where the file system does not tell holes from data.
    private static long? EndOfData(FileDescriptor file, long before)
    {
        for (long at = 0; ;)
        {
            var data = LibC.Seek(file, at, LibC.SEEK_DATA);
            if (data == -LibC.ENXIO)
                return Math.Max(at, before);
            if (data < 0)
                return null;
            at = LibC.Seek(file, data, LibC.SEEK_HOLE);
            if (at < 0)
                return null;
        }
    }
}
