using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>An origin of random bytes and room for a store, both allocated, because a growing file would make every flush include the file system's
/// journal.</summary>
internal sealed class SnapshotFiles : IDisposable
{
    public const int ChunkSize = 4096;

    private readonly ScratchFolder _folder;

    /// <param name="arena">The run.</param>
    /// <param name="name">The name of the folder.</param>
    /// <param name="place">The place of the folder.</param>
    /// <param name="originLength">The size of the origin in bytes.</param>
    /// <param name="changed">The number of bytes of the origin that may get an exception.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    public SnapshotFiles(SnapshotArena arena, string name, Place place, long originLength, long changed, CancellationToken cancellationToken)
    {
        Place = place;
        OriginLength = originLength;
        CowLength = changed + (changed / 2) + (16 << 20);   // room for records, and never full enough for a warning
        _folder = arena.Cleanup.Folder(place.Folder, name, originLength + CowLength);
        try
        {
            Images.WriteRandom(Origin, OriginLength, 1, cancellationToken);
            Images.WriteRandom(Cow, CowLength, 2, cancellationToken);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }
    }

    public Place Place { get; }

    public string Folder => _folder.Path;

    public string Origin => Path.Combine(_folder.Path, "origin");

    public string Cow => Path.Combine(_folder.Path, "cow");

    public long OriginLength { get; }

    public long CowLength { get; }

    /// <summary>Removes the store, and on a disk drops both files from the page cache.</summary>
    public void Prepare()
    {
        using (var cow = File.OpenHandle(Cow, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(cow, new byte[ChunkSize], 0);
        if (!Place.IsDisk)
            return;
        PosixFile.DropCache(Origin);
        PosixFile.DropCache(Cow);
    }

    public async Task<OpenSnapshot> OpenAsync(SnapshotArena arena, StoreKind store, bool wholeChunkShortcut, IoMode? io = null)
    {
        var mode = io ?? Place.Io;
        var origin = new CountingDevice(BlockDevice.Open(Origin, new() { Io = mode }), Place.FlushIsFree);
        var snapshots = arena.System.Kcopyd().CreateSnapshotOrigin(origin);
        try
        {
            var cow = new CountingDevice(BlockDevice.Open(Cow, new() { Io = mode }), Place.FlushIsFree);
            var options = new SnapshotOptions { ChunkSize = ChunkSize, Store = store, WholeChunkShortcut = wholeChunkShortcut };
            return new OpenSnapshot(snapshots, await snapshots.OpenSnapshotAsync(cow, options), origin, cow);
        }
        catch
        {
            await snapshots.DisposeAsync();
            throw;
        }
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>A new snapshot whose devices count their I/O.</summary>
internal sealed record OpenSnapshot(SnapshotOrigin Snapshots, Snapshot Snapshot, CountingDevice Origin, CountingDevice Cow) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Snapshot.DisposeAsync();
        await Snapshots.DisposeAsync();
    }
}
