using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>The storage to lock so that no other process reaches the same bytes by another name: a claimed path, and the layers above and below it.</summary>
[SupportedOSPlatform("linux")]
internal sealed class StorageLayers
{
    // Loop devices over files on loop devices; the kernel refuses a cycle.
    private const int MaxNesting = 16;

    private readonly Dictionary<object, StorageLayer> _layers = [];

    /// <summary>Each storage once. Claimed storage comes before the layers above and below it, so that a message names the path that was requested.</summary>
    public IEnumerable<StorageLayer> All => _layers.Values;

    public void Add(string path, bool exclusive) => Add(path, exclusive, path, MaxNesting);

    private void Add(string path, bool exclusive, string claimed, int nesting)
    {
        if (nesting == 0 || LibC.Status(path, out var status) < 0 || StorageIdentity.Of(status) is not { } identity)
            return;
        Require(identity, path, claimed, exclusive ? StorageLockKind.Exclusive : StorageLockKind.Shared, isClaimed: exclusive && status.Kind == FileKind.Block);
        if (exclusive)
        {
            foreach (var loop in SysBlock.LoopsOver(identity))
                Require(loop.Identity, loop.Node, claimed, StorageLockKind.None, isClaimed: true);
        }
        if (status.Kind == FileKind.Block)
            AddBelow(new DiskIdentity(status.SpecialMajor, status.SpecialMinor), path, exclusive, claimed, nesting);
    }

    private void AddBelow(DiskIdentity disk, string path, bool exclusive, string claimed, int nesting)
    {
        // Disjoint parts of a disk may be used at the same time, so a part shares its disk; a lock on the whole disk excludes its parts.
        if (SysBlock.PartitionOf(disk) is var (whole, _))
            RequireShared(whole, claimed);
        foreach (var part in SysBlock.SlavesOf(disk).Concat(exclusive ? [] : SysBlock.PartitionsOf(disk)))
            RequireShared(part, claimed);
        if (SysBlock.BackingFileOf(disk) is { } backing && StorageIdentity.IsBehind(path, backing))
            Add(backing, exclusive, claimed, nesting - 1);
    }

    private void RequireShared(DiskIdentity disk, string claimed)
    {
        if (SysBlock.NodeOf(disk) is { } node)
            Require(disk, node, claimed, StorageLockKind.Shared, isClaimed: false);
    }

    private void Require(object identity, string path, string claimed, StorageLockKind kind, bool isClaimed)
    {
        if (!_layers.TryGetValue(identity, out var layer))
            layer = new StorageLayer(identity, path, claimed, StorageLockKind.None, IsClaimed: false, []);
        layer.Claims.Add(claimed);
        _layers[identity] = layer with { Lock = (StorageLockKind)Math.Max((int)layer.Lock, (int)kind), IsClaimed = layer.IsClaimed || isClaimed };
    }
}

/// <summary>A file or block device to be locked.</summary>
/// <param name="Identity">See <see cref="StorageIdentity"/>.</param>
/// <param name="Path">One of its names.</param>
/// <param name="ClaimedPath">The claimed path that led to it first.</param>
/// <param name="Lock">The advisory lock.</param>
/// <param name="IsClaimed">True for a block device that is opened exclusively.</param>
/// <param name="Claims">All claimed paths that led to it, except those that were released.</param>
internal sealed record StorageLayer(object Identity, string Path, string ClaimedPath, StorageLockKind Lock, bool IsClaimed, HashSet<string> Claims)
{
    public bool IsBlock => Identity is DiskIdentity;
}

internal enum StorageLockKind
{
    None,
    Shared,
    Exclusive,
}
