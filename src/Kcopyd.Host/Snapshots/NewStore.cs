using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>A store that was made.</summary>
/// <param name="Status">How its snapshot is.</param>
/// <param name="OriginSectors">512-byte sectors of the origin.</param>
internal sealed record NewStore(SnapshotStatus Status, long OriginSectors)
{
    private const uint SnapMagic = 0x70416e53;      // "SnAp"

    /// <summary>Makes it, and its file if need be. A file that was created is deleted if that fails.</summary>
    /// <exception cref="UsageException">It cannot be made.</exception>
    public static async Task<NewStore> CreateAsync(string origin, string cow, int? chunkSize, long? size, bool force, CommandConsole console)
    {
        if (cow.Length == 0)
            throw new UsageException("COW is empty: give a path.");
        var target = new Target("COW", cow, 0, null);
        await CheckOriginAsync(origin).ConfigureAwait(false);
        var isNew = !Path.Exists(cow);
        if (isNew && size is null)
            throw new UsageException($"{target} does not exist; to create it, say how large: --size 1G.");
        try
        {
            await MakeRoomAsync(target, isNew, size).ConfigureAwait(false);
            var files = await SnapshotFiles.LockAsync(origin, writesOrigin: false, [cow], writesCows: true, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            await ClearAsync(target, files.Cows.First(), force).ConfigureAwait(false);
            var opened = await OpenSnapshots.OpenAsync(files, new SnapshotOptions { ChunkSize = chunkSize, Mode = StoreMode.Create }).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            await DeviceLoops.FlushAsync(opened.First).ConfigureAwait(false);      // a new file's name, too
            return new NewStore(await opened.First.GetStatusAsync().ConfigureAwait(false), files.Origin.Length / IoRegion.SectorSize);
        }
        catch when (isNew)
        {
            File.Delete(cow);
            throw;
        }
    }

    private static async Task CheckOriginAsync(string origin)
    {
        var files = await SnapshotFiles.OpenAsync(origin, writesOrigin: false, [], writesCows: false).ConfigureAwait(false);
        await files.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task MakeRoomAsync(Target target, bool isNew, long? size)
    {
        if (size is not { } length)
            return;
        if (!isNew && new FileInfo(target.Path).Length is var now && now > length)
            throw new UsageException($"{target} has {now} bytes, more than --size {length}; leave --size away, or truncate it first.");
        var file = Devices.Open(target, new BlockDeviceOptions { Create = isNew, Length = length, Io = IoMode.Buffered });
        await using var lease = file.ConfigureAwait(false);
        await DeviceLoops.FlushAsync(file).ConfigureAwait(false);
    }

    // What is no store is left alone, whatever is asked for: it may be anything, and there is 'kcopyd zero'.
    private static async Task ClearAsync(Target target, FileBlockDevice cow, bool force)
    {
        if (cow.Length < IoRegion.SectorSize)
            return;     // refused as too small
        var sector = new byte[IoRegion.SectorSize];
        await DeviceLoops.ReadAsync(cow, 0, sector).ConfigureAwait(false);
        if (BitConverter.ToUInt32(sector) != SnapMagic)
            return;
        if (!force)
            throw new UsageException($"{target} holds a COW store already; see 'kcopyd snapshot status'. If its snapshot is not needed any more: --force.");
        await DeviceLoops.WriteAsync(cow, 0, new byte[IoRegion.SectorSize]).ConfigureAwait(false);
        await DeviceLoops.FlushAsync(cow).ConfigureAwait(false);
    }
}
