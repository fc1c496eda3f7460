using System.Globalization;
using System.Text;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// A map file on its disk. It is replaced whole: written beside, synced, renamed. The rename itself need not be on stable storage, because
/// an older map says less but nothing wrong.
/// </summary>
internal sealed class MapfileStore(string path)
{
    private readonly string _beside = path + ".kcopyd-tmp";

    public string Path => path;

    /// <summary>The map; an empty one if there is no file.</summary>
    /// <exception cref="UsageException">It is not a map file, or cannot be read.</exception>
    public Mapfile Load()
    {
        try
        {
            using var reader = File.OpenText(path);
            return MapfileFormat.Read(reader);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Mapfile();   // that it can be created is checked by CheckAsync
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"--mapfile '{path}' is not a ddrescue map file: {wrong.Message}. Name another file, or delete it to begin anew.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--mapfile '{path}' cannot be read: {refused.Message}");
        }
    }

    /// <summary>Finds out whether the map could be saved, and leaves no trace.</summary>
    /// <exception cref="UsageException">It could not.</exception>
    public async Task CheckAsync()
    {
        try
        {
            await WriteBesideAsync("#\n"u8.ToArray()).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--mapfile '{path}' cannot be written: {refused.Message}");
        }
        finally
        {
            if (File.Exists(_beside))
                File.Delete(_beside);
        }
    }

    /// <summary>Replaces the file.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public async Task SaveAsync(Mapfile map, long position, MapStatus phase)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        MapfileFormat.Write(text, map, position, phase);
        await WriteBesideAsync(Encoding.ASCII.GetBytes(text.ToString())).ConfigureAwait(false);
        File.Move(_beside, path, overwrite: true);
    }

    // Through a device of our own, because FileStream hides a failed flush.
    private async Task WriteBesideAsync(ReadOnlyMemory<byte> bytes)
    {
        var device = BlockDevice.Open(_beside, new BlockDeviceOptions { Create = true, Truncate = true, Length = bytes.Length });
        await using var lease = device.ConfigureAwait(false);
        for (var at = 0L; at < bytes.Length;)
        {
            var written = await device.WriteAsync(at, bytes[(int)at..]).ConfigureAwait(false);
            Check(written);
            at += written.Bytes;
        }
        Check(await device.FlushAsync().ConfigureAwait(false));
    }

    private void Check(IoResult result)
    {
        if (!result.IsSuccess)
            throw new IOException($"'{_beside}' cannot be written: {result.Error} (errno {(int)result.Error}).");
    }
}
