using System.Runtime.Versioning;
using Kcopyd.Actors.Files;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors;

/// <summary>
/// Keeps other programs away from files and block devices for as long as this process uses them: writers have theirs alone, readers share.
/// Everything ends with the process, however that ends.
/// </summary>
/// <remarks>
/// <para>Among programs that use this class, or <c>flock(2)</c>, the locks are advisory ones on the storage itself: also on the file beneath a loop
/// device, and on the disk beneath a partition, so that it does not matter by which name anybody comes.</para>
/// <para>Against everybody else, a block device that is written is opened exclusively (<c>O_EXCL</c>), and so is each loop device over what is
/// written: this fails if a file system on it is mounted or another device is made of it, and neither can happen until the lock is disposed.</para>
/// <para>Locks of one process on the same storage exclude each other, too: acquire everything that one task needs at once.</para>
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

    /// <summary>Paths of which the kernel gives no lock, because their file system has none: nothing keeps others from them.</summary>
    public IReadOnlyList<string> Unlocked => _unlocked;

    /// <summary>Acquires everything, or nothing. Never waits; may block while a file system works.</summary>
    /// <param name="claims">What is needed. The same storage may be claimed several times: an exclusive claim wins.</param>
    /// <exception cref="StorageBusyException">Somebody else uses one of them.</exception>
    public static StorageLock Acquire(params IEnumerable<StorageClaim> claims) => Acquire(claims, evenIfBusy: false);

    /// <summary>Acquires what is free and leaves out what is busy, for users who insist.</summary>
    /// <inheritdoc cref="Acquire(IEnumerable{StorageClaim})"/>
    public static StorageLock AcquireFree(params IEnumerable<StorageClaim> claims) => Acquire(claims, evenIfBusy: true);

    /// <summary>Releases everything. Any thread, any number of times.</summary>
    public void Dispose()
    {
        lock (_lock)
            Free(static _ => true);
    }

    /// <summary>Releases one of the claims: all that no other claim of this lock needs. Any thread, any number of times.</summary>
    /// <param name="path">The path, as it was claimed.</param>
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
        return errno != LibC.EBUSY;     // any other error: opening it for its use says what is wrong
    }

    /// <returns>False if somebody else has the lock.</returns>
    private bool Lock(StorageLayer layer)
    {
        var exclusive = layer.Lock == StorageLockKind.Exclusive;
        // Over NFS an exclusive lock needs a descriptor that can write. A block device is not opened so: closing it would tell udev that it changed.
        var writes = exclusive && !layer.IsBlock;
        var fd = LibC.Open(layer.Path, (writes ? LibC.O_RDWR : LibC.O_RDONLY) | LibC.O_NONBLOCK, out _)
            ?? LibC.Open(layer.Path, LibC.O_RDONLY | LibC.O_NONBLOCK, out _);
        if (fd is null || LibC.Status(fd, out var status) < 0 || !layer.Identity.Equals(StorageIdentity.Of(status)))
        {
            fd?.Dispose();      // it may not be opened, or was replaced meanwhile: opening it for its use says so
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
