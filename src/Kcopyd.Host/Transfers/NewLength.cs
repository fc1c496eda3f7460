using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Transfers;

/// <summary>A destination file that was created or extended for a copy. Only a complete copy fills its full length.</summary>
/// <param name="Destination">The number of the destination.</param>
/// <param name="Path">The file.</param>
/// <param name="IsNew">True if this command created it.</param>
/// <param name="Before">The previous length in bytes; 0 for a new file.</param>
internal sealed record NewLength(int Destination, string Path, bool IsNew, long Before)
{
    /// <summary>Reverts the change when nothing was written: deletes a new file, and restores the length of an existing one.</summary>
    public void Undo()
    {
        if (IsNew)
            File.Delete(Path);
        else
            Cut(static (_, before) => before);
    }

    /// <summary>Truncates the file after the last written block, but not below its previous length.</summary>
    /// <param name="written">Bytes that were written; 0 reverts the change.</param>
    public void CutUnwritten(long written)
    {
        if (written == 0)
            Undo();
        else
            Cut(EndOfData);
    }

    // A failure leaves the file unchanged, which does no harm.
    private void Cut(Func<FileDescriptor, long, long?> endOf)
    {
        using var file = LibC.Open(Path, LibC.O_RDWR, out _);
        if (file is not null && endOf(file, Before) is { } end)
            LibC.Truncate(file, end);
    }

    // Null if the file system does not distinguish holes from data.
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
