using System.Runtime.Versioning;
using Kcopyd.Actors.Files;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors;

/// <summary>
/// Keeps other programs away from files and block devices while this process uses them: a writer has exclusive access, readers share. All locks end with the
/// process, however it terminates.
/// </summary>
/// <remarks>
/// <para>Against programs that use this class or <c>flock(2)</c>, it takes advisory locks on the storage itself, including the file below a loop device and the
/// disk below a partition, so that the name by which a program opens the storage does not matter.</para>
/// <para>Against all other programs, it opens a block device that is written, and each loop device over written storage, exclusively (<c>O_EXCL</c>): this
/// fails if a file system on the device is mounted or another device is built on it, and prevents both until the lock is disposed.</para>
/// <para>Locks of one process on the same storage exclude each other, too: acquire everything that a task needs in one call.</para>
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class StorageLock : IDisposable
{
    private readonly List<(StorageLayer Layer, FileDescriptor File)> _held = [];
    private readonly Lock _lock = new();
    private readonly List<string> _unlocked = [];

    private StorageLock()
    {
    }

    /// <summary>Paths without a lock, because their file system does not support locks: nothing keeps other programs away from them.</summary>
    public IReadOnlyList<string> Unlocked => _unlocked;

    /// <summary>Acquires all claims, or none. Never waits for a lock; may block on a file system.</summary>
    /// <param name="claims">The storage to lock. If the same storage is claimed several times, an exclusive claim wins.</param>
    /// <exception cref="StorageBusyException">One of them is in use.</exception>
    public static StorageLock Acquire(params IEnumerable<StorageClaim> claims) => Acquire(claims, evenIfBusy: false);

    /// <summary>Acquires the claims that are free and skips the busy ones, for a user who insists.</summary>
    /// <inheritdoc cref="Acquire(IEnumerable{StorageClaim})"/>
    public static StorageLock AcquireFree(params IEnumerable<StorageClaim> claims) => Acquire(claims, evenIfBusy: true);

    /// <summary>Releases everything. Any thread may call this, any number of times.</summary>
    public void Dispose()
    {
        lock (_lock)
            Free(static _ => true);
    }

    /// <summary>Releases one of the claims: everything that no other claim of this lock needs. Any thread may call this, any number of times.</summary>
    /// <param name="path">The path as it was claimed.</param>
    public void Release(string path)
    {
        lock (_lock)
        {
            _held.ForEach(held => held.Layer.Claims.Remove(path));
            Free(static layer => layer.Claims.Count == 0);
        }
    }

    private void Free(Predicate<StorageLayer> isFree) => _held.RemoveAll(held =>
    {
        if (!isFree(held.Layer))
            return false;
        LibC.Unlock(held.File);
        held.File.Dispose();
        return true;
    });

    private static StorageLock Acquire(IEnumerable<StorageClaim> claims, bool evenIfBusy)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var layers = new StorageLayers();
        foreach (var claim in claims)
            layers.Add(claim.Path, claim.IsExclusive);
        var acquired = new StorageLock();
        try
        {
            foreach (var layer in layers.All)
                acquired.Take(layer, evenIfBusy);
            return acquired;
        }
        catch
        {
            acquired.Dispose();
            throw;
        }
    }

    private void Take(StorageLayer layer, bool evenIfBusy)
    {
        if (layer.IsClaimed && !Claim(layer) && !evenIfBusy)
            throw new StorageBusyException(layer.ClaimedPath, StorageUsers.OfDevice(layer.Path));
        if (layer.Lock != StorageLockKind.None && !Lock(layer) && !evenIfBusy)
            throw new StorageBusyException(layer.ClaimedPath, StorageUsers.WithLock(layer));
    }

    /// <returns>False if the device is busy.</returns>
    private bool Claim(StorageLayer layer)
    {
        var fd = LibC.Open(layer.Path, LibC.O_RDONLY | LibC.O_EXCL | LibC.O_NONBLOCK, out var errno);
        if (fd is not null)
            _held.Add((layer, fd));
        return errno != LibC.EBUSY;     // any other error: opening it for its actual use reports the problem
    }

    /// <returns>False if the lock is held elsewhere.</returns>
    private bool Lock(StorageLayer layer)
    {
        var exclusive = layer.Lock == StorageLockKind.Exclusive;
        // Over NFS, an exclusive lock needs a writable descriptor. A block device is not opened for writing: closing it would signal a change to udev.
        var writes = exclusive && !layer.IsBlock;
        var fd = LibC.Open(layer.Path, (writes ? LibC.O_RDWR : LibC.O_RDONLY) | LibC.O_NONBLOCK, out _)
            ?? LibC.Open(layer.Path, LibC.O_RDONLY | LibC.O_NONBLOCK, out _);
        if (fd is null || LibC.Status(fd, out var status) < 0 || !layer.Identity.Equals(StorageIdentity.Of(status)))
        {
            fd?.Dispose();      // access is denied, or the path was replaced: opening it for its actual use reports that
            return true;
        }
        var result = LibC.Lock(fd, exclusive);
        if (result == 0)
        {
            _held.Add((layer, fd));
            return true;
        }
        fd.Dispose();
        if (result == -LibC.EAGAIN)
            return false;
        _unlocked.Add(layer.Path);
        return true;
    }
}
