using System.Globalization;
using System.Text;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// A map file on disk. If its attributes can be preserved, it is replaced atomically: a new file is written next to it, synced and renamed. The rename itself
/// need not be on stable storage, because an older map is less complete but not wrong.
/// </summary>
/// <remarks>
/// A file with several hard links, with another owner, or in a folder that is not writable, is written in place: only then can a kill during the write leave an
/// unreadable map. A file that is not regular is refused: a device node would be replaced by a file, and a pipe would wait for its other end.
/// </remarks>
internal sealed class MapfileStore
{
    // A million blocks of a hundred bytes each: a larger file is an image.
    private const long MaxSize = 128 << 20;

    private readonly string _file;      // the target of symbolic links
    private readonly string _beside;
    private bool _isInPlace;

    public MapfileStore(string path)
    {
        if (path.Length == 0)
            throw new UsageException("--mapfile is empty: name a file.");
        Path = path;
        Entry = FileEntry.Of(path);
        if (Entry.Exists && Entry.Kind != FileKind.Regular)
            throw new UsageException($"--mapfile '{path}' is not a regular file; name a new file, or the map of an earlier run.");
        _file = FileEntry.TargetOf(path);
        _beside = _file + ".kcopyd-tmp";
    }

    public string Path { get; }

    public FileEntry Entry { get; }

    /// <summary>Loads the map; it is empty if the file does not exist.</summary>
    /// <exception cref="UsageException">The file is not a map file, or cannot be read.</exception>
    public Mapfile Load()
    {
        if (!Entry.Exists)
            return new Mapfile();   // CheckAsync checks whether it can be created
        try
        {
            if (Entry.Size > MaxSize)
                throw new FormatException($"it has {Entry.Size} bytes, and a map has at most {MaxSize}");
            using var reader = File.OpenText(_file);
            return MapfileFormat.Read(reader);
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"--mapfile '{Path}' is not a ddrescue map file: {ForeignText.Phrase(wrong.Message)}. "
                + "Name another file, or delete it to start over.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--mapfile '{Path}' cannot be read: {DeviceOpening.Cause(refused)}.");
        }
    }

    /// <summary>Determines whether and how the map can be saved, and leaves no trace.</summary>
    /// <exception cref="UsageException">The map cannot be saved.</exception>
    public async Task CheckAsync()
    {
        if (!Entry.Exists)
            NewFiles.CheckMayCreate($"--mapfile '{Path}'", Path);
        try
        {
            _isInPlace = Entry.Exists && !await CanReplaceAsync().ConfigureAwait(false);
            if (_isInPlace)
                await BlockDevice.Open(_file).DisposeAsync().ConfigureAwait(false);
            else if (!Entry.Exists)
                await WriteBesideAsync("#\n"u8.ToArray()).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--mapfile '{Path}' cannot be written: {DeviceOpening.Cause(refused)}.");
        }
        finally
        {
            RemoveBeside();
        }
    }

    /// <summary>Saves the map.</summary>
    /// <exception cref="IOException">The map cannot be written; unless it is written in place, the old map is preserved.</exception>
    /// <exception cref="UnauthorizedAccessException">As for <see cref="IOException"/>.</exception>
    public async Task SaveAsync(Mapfile map, long position, MapStatus phase)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        MapfileFormat.Write(text, map, position, phase);
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        if (_isInPlace)
        {
            await WriteAsync(_file, bytes, new BlockDeviceOptions { Truncate = true, Length = bytes.Length }).ConfigureAwait(false);
            return;
        }
        await WriteBesideAsync(bytes).ConfigureAwait(false);
        File.Move(_beside, _file, overwrite: true);
    }

    // True if a new file next to it would have the same attributes.
    private async Task<bool> CanReplaceAsync()
    {
        if (LibC.Status(_file, out var status) < 0 || status.Links > 1)
            return false;
        try
        {
            await WriteBesideAsync("#\n"u8.ToArray()).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        return LibC.Status(_beside, out var beside) == 0
            && (beside.Owner, beside.Group, beside.Permissions) == (status.Owner, status.Group, status.Permissions);
    }

    private async Task WriteBesideAsync(ReadOnlyMemory<byte> bytes)
    {
        RemoveBeside();
        var mode = Entry.Exists ? Entry.Permissions : (UnixFileMode?)null;
        await WriteAsync(_beside, bytes, new BlockDeviceOptions { CreateNew = true, CreateMode = mode, Length = bytes.Length }).ConfigureAwait(false);
        if (mode is { } permissions)
            File.SetUnixFileMode(_beside, permissions);     // the umask was applied
    }

    // Writes through an IBlockDevice, because FileStream hides a failed flush.
    private static async Task WriteAsync(string path, ReadOnlyMemory<byte> bytes, BlockDeviceOptions options)
    {
        var device = BlockDevice.Open(path, options);
        await using var lease = device.ConfigureAwait(false);
        try
        {
            await device.WriteExactlyAsync(0, bytes).ConfigureAwait(false);
            await device.FlushOrThrowAsync().ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            throw new IOException($"'{path}' cannot be written: {failed.Error.Describe()}.");
        }
    }

    // Removes the file that this run or a killed one left; nothing else has that name.
    private void RemoveBeside()
    {
        if (FileEntry.Of(_beside).Kind == FileKind.Regular)
            File.Delete(_beside);
    }
}
