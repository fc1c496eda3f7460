using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Clones;

/// <summary>Reads the metadata of a clone, checks all of it, and refuses what is not whole. It writes nothing.</summary>
/// <remarks>Stricter than the kernel, which reads the bitmaps only when it first allocates a block: here a clone that opens can also commit.</remarks>
internal sealed class MetadataReader
{
    private const int MaxDepth = 8;

    private readonly IBlockDevice _device;
    private readonly Memory<byte> _block = AlignedMemory.Allocate(MetadataBlock.Size);
    private readonly List<TreeNode> _leaves = [];
    private SpaceMap _reached = null!;

    private MetadataReader(IBlockDevice device) => _device = device;

    /// <summary>Reads the metadata of a device.</summary>
    /// <returns>Null if the first block is all zero: the device has no metadata.</returns>
    /// <exception cref="CloneMetadataException">The device holds other data, or metadata that cannot be used, or cannot be read.</exception>
    public static ValueTask<MetadataImage?> ReadAsync(IBlockDevice device) => new MetadataReader(device).ReadAsync();

    private async ValueTask<MetadataImage?> ReadAsync()
    {
        if (_device.Alignment > MetadataBlock.Size)
            throw new CloneMetadataException(CloneMetadataError.Misaligned, _device.Name,
                $" requires an alignment of {_device.Alignment} bytes; metadata blocks have {MetadataBlock.Size}.", " Use a device with a smaller alignment.");
        if (_device.Length < MetadataBlock.Size)
            throw new CloneMetadataException(CloneMetadataError.TooSmall, _device.Name, $" has {_device.Length} bytes: too small for the metadata of a clone.")
            {
                Length = _device.Length,
            };
        await LoadAsync(0).ConfigureAwait(false);
        if (!_block.Span.ContainsAnyExcept((byte)0))
            return null;
        var super = CheckSuperblock();
        _reached = new SpaceMap(super.Blocks);
        _reached.Add(0);
        await LoadAsync(super.CountsRoot, BlockKind.Node).ConfigureAwait(false);
        if (!TreeNode.IsEmptyCounts(_block.Span))
            throw Damaged(super.CountsRoot, "is not the empty tree of reference counts");
        var geometry = new CloneGeometry(super.RegionSectors, super.Sectors);
        await ReadNodeAsync(super.BitsetRoot, null, 0, 1).ConfigureAwait(false);
        var words = await ReadArraysAsync(geometry).ConfigureAwait(false);
        var bitmaps = await ReadSpaceMapAsync(super).ConfigureAwait(false);
        var image = new MetadataImage
        {
            Geometry = geometry, Space = _reached, IndexBlock = super.IndexBlock, CountsRoot = super.CountsRoot, BitmapBlocks = bitmaps,
            Leaves = [.. _leaves], Words = words,
        };
        var needed = image.Space.Used + image.RoomForCommit;
        return image.Space.Blocks >= needed ? image : throw new CloneMetadataException(CloneMetadataError.TooSmall, _device.Name,
            $": its metadata has {image.Space.Blocks} blocks, {image.Space.Used} of them in use; it needs {needed} to commit a change.")
        {
            Length = _device.Length, Needed = needed * MetadataBlock.Size,
        };
    }

    private CloneSuperblock CheckSuperblock()
    {
        var block = _block.Span;
        if (CloneSuperblock.MagicOf(block) != CloneSuperblock.Magic)
            throw new CloneMetadataException(CloneMetadataError.OtherData, _device.Name, " holds data that is not the metadata of a clone.",
                " If it is no longer needed, use CloneMetadataMode.Replace.") { Offset = 0 };
        if (MetadataBlock.Check(BlockKind.Superblock, 0, block) is { } problem)
            throw Damaged(0, problem);
        if (CloneSuperblock.VersionOf(block) is var version and not CloneSuperblock.Version)
            throw new CloneMetadataException(CloneMetadataError.UnknownVersion, _device.Name,
                $" has clone metadata of version {version}; this release supports version {CloneSuperblock.Version}.") { Offset = 0 };
        if (CloneSuperblock.FlagsOf(block) != 0)
            throw new CloneMetadataException(CloneMetadataError.UnknownVersion, _device.Name,
                $" has clone metadata with unknown flags 0x{CloneSuperblock.FlagsOf(block):x}.") { Offset = 0 };
        var super = CloneSuperblock.Read(block);
        Span<byte> again = stackalloc byte[MetadataBlock.Size];
        super.Write(again);
        if (!block.SequenceEqual(again))
            throw Damaged(0, "has data where this version has none");       // the next commit would lose it
        if (!new CloneGeometry(super.RegionSectors, super.Sectors).IsValid)
            throw Damaged(0, $"has {super.Sectors} sectors in regions of {super.RegionSectors}");
        if (super.Blocks < 1 || super.Blocks > (long)SpaceMap.MaxBitmaps * SpaceMap.PerBitmap)
            throw Damaged(0, $"has a space map of {super.Blocks} blocks");
        return super.Blocks <= _device.Length / MetadataBlock.Size ? super : throw new CloneMetadataException(CloneMetadataError.Truncated, _device.Name,
            $" has {_device.Length} bytes, and was truncated: its metadata has {super.Blocks * MetadataBlock.Size}.")
        {
            Length = _device.Length, Needed = super.Blocks * MetadataBlock.Size,
        };
    }

    private async ValueTask ReadNodeAsync(long number, TreeNode? parent, int index, int depth)
    {
        await LoadAsync(number, BlockKind.Node).ConfigureAwait(false);
        var node = TreeNode.Read(number, _block.Span) ?? throw Damaged(number, "is not a node of the tree of hydration bits");
        (node.Parent, node.IndexInParent) = (parent, index);
        if (parent is not null && parent.Keys[index] != node.Keys[0])
            throw Damaged(number, $"begins with key {node.Keys[0]}, and its parent's entry has {parent.Keys[index]}");
        if (node.IsLeaf)
        {
            if (_leaves.Count > 0 && MetadataImage.DepthOf(_leaves[0]) != depth)
                throw Damaged(number, "is a leaf at another depth than the first one");
            _leaves.Add(node);
            return;
        }
        if (depth == MaxDepth)
            throw Damaged(number, "is too deep in its tree");
        for (var i = 0; i < node.Values.Length; i++)
            await ReadNodeAsync(node.Values[i], node, i, depth + 1).ConfigureAwait(false);
    }

    private async ValueTask<ulong[]> ReadArraysAsync(CloneGeometry geometry)
    {
        var key = 0;
        var found = 0;
        foreach (var leaf in _leaves)
        {
            found += leaf.Keys.Length;
            for (var i = 0; i < leaf.Keys.Length; i++)
            {
                if (leaf.Keys[i] != key++)
                    throw Damaged(leaf.Block, $"has key {leaf.Keys[i]} where {key - 1} is expected");
            }
        }
        if (found != geometry.Arrays)
            throw Damaged(_leaves[^1].Block, $"ends a tree of {found} array blocks; {geometry.Regions} regions need {geometry.Arrays}");
        var words = new ulong[geometry.Words];      // the tree has been checked: this is as large as the blocks read
        key = 0;
        foreach (var leaf in _leaves)
        {
            foreach (var number in leaf.Values)
            {
                await LoadAsync(number, BlockKind.Array).ConfigureAwait(false);
                var (first, count) = geometry.WordsOf(key++);
                if (!ArrayBlock.TryRead(_block.Span, words.AsSpan(first, count)))
                    throw Damaged(number, $"is not an array block of {count} words");
            }
        }
        var inLast = (int)(geometry.Regions & 63);
        return inLast == 0 || words[^1] >> inLast == 0 ? words : throw Damaged(_leaves[^1].Values[^1], "marks regions behind the last one");
    }

    private async ValueTask<long[]> ReadSpaceMapAsync(CloneSuperblock super)
    {
        await LoadAsync(super.IndexBlock, BlockKind.Index).ConfigureAwait(false);
        var bitmaps = new long[_reached.Bitmaps];
        var free = new int[bitmaps.Length];
        for (var i = 0; i < bitmaps.Length; i++)
            (bitmaps[i], free[i]) = SpaceMap.ReadEntry(i, _block.Span);
        foreach (var number in bitmaps)
            Reach(number);
        for (var i = 0; i < bitmaps.Length; i++)
        {
            await LoadAsync(bitmaps[i], BlockKind.Bitmap, isReached: true).ConfigureAwait(false);
            if (_reached.Compare(i, _block.Span) is var wrong and >= 0)
                throw Damaged(bitmaps[i], $"has a wrong reference count of block {wrong}");
            if (free[i] != _reached.FreeEntries(i))
                throw Damaged(super.IndexBlock, $"counts {free[i]} free entries of bitmap {i}, which has {_reached.FreeEntries(i)}");
        }
        return _reached.Used == super.Used ? bitmaps : throw Damaged(0, $"counts {super.Used} blocks in use; there are {_reached.Used}");
    }

    private void Reach(long number)
    {
        if (number <= 0 || number >= _reached.Blocks)
            throw Damaged(0, $"leads to block {number}, which does not exist");
        if (!_reached.Add(number))
            throw Damaged(number, "is in use twice");
    }

    private async ValueTask LoadAsync(long number, BlockKind kind, bool isReached = false)
    {
        if (!isReached)
            Reach(number);
        await LoadAsync(number).ConfigureAwait(false);
        if (MetadataBlock.Check(kind, number, _block.Span) is { } problem)
            throw Damaged(number, problem);
    }

    private async ValueTask LoadAsync(long number)
    {
        var offset = number * MetadataBlock.Size;
        for (var done = 0; done < MetadataBlock.Size;)
        {
            var result = await _device.ReadAsync(offset + done, _block[done..]).ConfigureAwait(false);
            if (!result.IsSuccess || result.Bytes == 0)
            {
                var error = result.IsSuccess ? IoError.EndOfDevice : result.Error;
                throw new CloneMetadataException(CloneMetadataError.ReadFailed, _device.Name,
                    $": its metadata could not be read at byte {offset}: {error.Describe()}.") { Error = error, Offset = offset };
            }
            done += (int)result.Bytes;
        }
    }

    private CloneMetadataException Damaged(long number, string what) => new(CloneMetadataError.Damaged, _device.Name,
        $": block {number} of its metadata {what}: the metadata is damaged.") { Offset = number * MetadataBlock.Size };
}
