using System.Globalization;
using System.Text;
using Kcopyd.Actors;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// A map file on its disk. It is replaced whole where that leaves everything about it as it was: written beside, synced, renamed. The rename itself need not
/// be on stable storage, because an older map says less but nothing wrong.
/// </summary>
/// <remarks>
/// A file with several names, of another owner, or in a folder that cannot be written, is written in place: a kill in that moment may leave a map that cannot
/// be read, and only then. What is no regular file is refused: a device node would be replaced by a file, and a pipe would wait for its other end.
/// </remarks>
internal sealed class MapfileStore
{
    // A hundred bytes a block, a million blocks: what is larger is an image.
    private const long Largest = 128 << 20;

    private readonly string _file;      // where symbolic links lead
    private readonly string _beside;
    private bool _isInPlace;

    public MapfileStore(string path)
    {
        if (path.Length == 0)
            throw new UsageException("--mapfile is empty: name a file.");
        Path = path;
        Entry = FileEntry.Of(path);
        if (Entry.Exists && Entry.Kind != FileKind.Regular)
            throw new UsageException($"--mapfile '{path}' is no regular file; name a new file, or the map of an earlier run.");
        _file = FileEntry.TargetOf(path);
        _beside = _file + ".kcopyd-tmp";
    }

    public string Path { get; }

    public FileEntry Entry { get; }

    /// <summary>The map; an empty one if there is no file.</summary>
    /// <exception cref="UsageException">It is not a map file, or cannot be read.</exception>
    public Mapfile Load()
    {
        if (!Entry.Exists)
            return new Mapfile();   // that it can be created is checked by CheckAsync
        try
        {
            if (Entry.Size > Largest)
                throw new FormatException($"it has {Entry.Size} bytes, and a map at most {Largest}");
            using var reader = File.OpenText(_file);
            return MapfileFormat.Read(reader);
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"--mapfile '{Path}' is not a ddrescue map file: {ForeignText.Phrase(wrong.Message)}. "
                + "Name another file, or delete it to begin anew.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--mapfile '{Path}' cannot be read: {DeviceOpening.Cause(refused)}.");
        }
    }

    /// <summary>Finds out whether and how the map can be saved, and leaves no trace.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
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
    /// <exception cref="IOException">It cannot be written; unless it is written in place, the old one is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
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

    // A file made beside it that is like it in everything that people see.
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
        return LibC.Status(_beside, out var beside) == 0 && (beside.Owner, beside.Group, beside.Permissions) == (status.Owner, status.Group, status.Permissions);
    }

    private async Task WriteBesideAsync(ReadOnlyMemory<byte> bytes)
    {
        RemoveBeside();
        var mode = Entry.Exists ? Entry.Permissions : (UnixFileMode?)null;
        await WriteAsync(_beside, bytes, new BlockDeviceOptions { CreateNew = true, CreateMode = mode, Length = bytes.Length }).ConfigureAwait(false);
        if (mode is { } permissions)
            File.SetUnixFileMode(_beside, permissions);     // the umask took its part
    }

    // Through a device of our own, because FileStream hides a failed flush.
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

    // What a run that was killed left, or this one; nothing else has that name.
    private void RemoveBeside()
    {
        if (FileEntry.Of(_beside).Kind == FileKind.Regular)
            File.Delete(_beside);
    }
}
