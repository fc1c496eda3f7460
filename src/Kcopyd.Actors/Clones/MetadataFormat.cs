using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Clones;

/// <summary>Creates the metadata of a new clone, byte for byte as the kernel does (up to 378 array blocks, 12 million regions; beyond that the kernel reads it,
/// but would have arranged its tree differently).</summary>
/// <remarks>The order of the blocks: superblock, index, tree of reference counts, bitmaps, root, array blocks. Where the kernel splits the full root, after the
/// 253rd array block, follow its two halves.</remarks>
internal static class MetadataFormat
{
    private const int KernelLeaf = TreeNode.MaxEntries / 2;             // entries of the left half of a split root
    private const int MaxKernelArrays = KernelLeaf + TreeNode.MaxEntries;

    /// <summary>Plans the metadata for a device.</summary>
    /// <param name="geometry">The clone.</param>
    /// <param name="length">Bytes of the metadata device.</param>
    /// <param name="device">Its name, for messages.</param>
    /// <exception cref="CloneMetadataException">The device is too small.</exception>
    public static MetadataImage Plan(CloneGeometry geometry, long length, string device)
    {
        var blocks = Math.Min(length / MetadataBlock.Size, (long)SpaceMap.MaxBitmaps * SpaceMap.PerBitmap);
        var bitmaps = SpaceMap.BitmapsFor(blocks);
        var next = 3L + bitmaps;
        var leaves = PlanTree(geometry.Arrays, ref next);
        var needed = next + MetadataImage.RoomFor(MetadataImage.DepthOf(leaves[0]), Math.Max(bitmaps, 1));
        if (blocks < needed)
        {
            throw new CloneMetadataException(CloneMetadataError.TooSmall, device,
                $" has {length} bytes: too small for the metadata of a clone of {geometry.Regions} regions, which needs {needed * MetadataBlock.Size}.",
                " Use a larger device, or larger regions.")
            {
                Length = length, Needed = needed * MetadataBlock.Size,
            };
        }
        var space = new SpaceMap(blocks);
        for (var block = 0L; block < next; block++)
            space.Add(block);
        return new MetadataImage
        {
            Geometry = geometry,
            Space = space,
            IndexBlock = 1,
            CountsRoot = 2,
            BitmapBlocks = [.. Enumerable.Range(3, bitmaps).Select(static block => (long)block)],
            Leaves = leaves,
            Words = new ulong[geometry.Words],
        };
    }

    /// <summary>Writes the metadata. The superblock is written last: a power cut before leaves a device that is formatted again.</summary>
    /// <exception cref="CloneMetadataException">The device cannot be written.</exception>
    public static async ValueTask WriteAsync(MetadataImage image, IBlockDevice device)
    {
        foreach (var (number, write) in Blocks(image))
            await WriteAsync(device, number, write).ConfigureAwait(false);
        await FlushAsync(device).ConfigureAwait(false);
        await WriteAsync(device, 0, block => image.Superblock.Write(block.Span)).ConfigureAwait(false);
        await FlushAsync(device).ConfigureAwait(false);
    }

    private static IEnumerable<(long Number, Action<Memory<byte>> Write)> Blocks(MetadataImage image)
    {
        yield return (image.IndexBlock, block => WriteIndex(image, block.Span));
        yield return (image.CountsRoot, block => TreeNode.WriteEmptyCounts(image.CountsRoot, block.Span));
        for (var i = 0; i < image.BitmapBlocks.Length; i++)
        {
            var bitmap = i;
            yield return (image.BitmapBlocks[bitmap], block => image.Space.WriteBitmap(bitmap, image.BitmapBlocks[bitmap], block.Span));
        }
        foreach (var node in image.Leaves.SelectMany(PathOf).Distinct())
            yield return (node.Block, block => node.Write(block.Span));
        for (var i = 0; i < image.Geometry.Arrays; i++)
        {
            var array = i;
            var (leaf, index) = image.Locate(array);
            var (first, count) = image.Geometry.WordsOf(array);
            yield return (leaf.Values[index], block => ArrayBlock.Write(leaf.Values[index], image.Words.AsSpan(first, count), block.Span));
        }
    }

    public static void WriteIndex(MetadataImage image, Span<byte> block)
    {
        block.Clear();
        for (var i = 0; i < image.BitmapBlocks.Length; i++)
            image.Space.WriteEntry(i, image.BitmapBlocks[i], block);
        MetadataBlock.Seal(BlockKind.Index, image.IndexBlock, block);
    }

    private static IEnumerable<TreeNode> PathOf(TreeNode leaf)
    {
        for (TreeNode? node = leaf; node is not null; node = node.Parent)
            yield return node;
    }

    private static TreeNode[] PlanTree(int arrays, ref long next)
    {
        if (arrays <= TreeNode.MaxEntries)
        {
            var root = next++;
            return [new TreeNode(root, isLeaf: true, Keys(0, arrays), Numbers(arrays, ref next))];
        }
        if (arrays <= MaxKernelArrays)
            return PlanSplitRoot(arrays, ref next);
        var level = new List<TreeNode>();
        foreach (var (first, count) in Share(arrays))
        {
            var number = next++;
            level.Add(new TreeNode(number, isLeaf: true, Keys(first, count), Numbers(count, ref next)));
        }
        TreeNode[] leaves = [.. level];
        while (level.Count > 1)
            level = [.. Parents(level, ref next)];
        return leaves;
    }

    private static TreeNode[] PlanSplitRoot(int arrays, ref long next)
    {
        var rootBlock = next++;
        var blocks = new long[arrays];
        for (var i = 0; i <= TreeNode.MaxEntries; i++)
            blocks[i] = next++;
        var (left, right) = (next++, next++);
        for (var i = TreeNode.MaxEntries + 1; i < arrays; i++)
            blocks[i] = next++;
        TreeNode[] leaves =
        [
            new(left, isLeaf: true, Keys(0, KernelLeaf), blocks[..KernelLeaf]),
            new(right, isLeaf: true, Keys(KernelLeaf, arrays - KernelLeaf), blocks[KernelLeaf..]),
        ];
        Parent(rootBlock, leaves);
        return leaves;
    }

    private static List<TreeNode> Parents(List<TreeNode> level, ref long next)
    {
        var parents = new List<TreeNode>();
        foreach (var (first, count) in Share(level.Count))
            parents.Add(Parent(next++, level.GetRange(first, count)));
        return parents;
    }

    private static TreeNode Parent(long block, IReadOnlyList<TreeNode> children)
    {
        var parent = new TreeNode(
            block, isLeaf: false, [.. children.Select(static child => child.Keys[0])], [.. children.Select(static child => child.Block)]);
        for (var i = 0; i < children.Count; i++)
            (children[i].Parent, children[i].IndexInParent) = (parent, i);
        return parent;
    }

    // Equal shares, so that no node is less than half full.
    private static IEnumerable<(int First, int Count)> Share(int entries)
    {
        var nodes = (entries + TreeNode.MaxEntries - 1) / TreeNode.MaxEntries;
        for (var i = 0; i < nodes; i++)
        {
            var first = (int)((long)entries * i / nodes);
            yield return (first, (int)((long)entries * (i + 1) / nodes) - first);
        }
    }

    private static long[] Keys(int first, int count) => [.. Enumerable.Range(first, count).Select(static key => (long)key)];

    private static long[] Numbers(int count, ref long next)
    {
        var numbers = new long[count];
        for (var i = 0; i < count; i++)
            numbers[i] = next++;
        return numbers;
    }

    private static async ValueTask WriteAsync(IBlockDevice device, long number, Action<Memory<byte>> write)
    {
        var block = AlignedMemory.Allocate(MetadataBlock.Size);
        write(block);
        for (var done = 0; done < block.Length;)
        {
            var result = await device.WriteAsync((number * MetadataBlock.Size) + done, block[done..]).ConfigureAwait(false);
            if (!result.IsSuccess || result.Bytes == 0)
                throw Failed(device, result.IsSuccess ? IoError.EndOfDevice : result.Error, number * MetadataBlock.Size);
            done += (int)result.Bytes;
        }
    }

    private static async ValueTask FlushAsync(IBlockDevice device)
    {
        var result = await device.FlushAsync().ConfigureAwait(false);
        if (!result.IsSuccess)
            throw Failed(device, result.Error, null);
    }

    private static CloneMetadataException Failed(IBlockDevice device, IoError error, long? offset) => new(CloneMetadataError.WriteFailed, device.Name,
        $": the new metadata could not be {(offset is null ? "flushed" : $"written at byte {offset}")}: {error.Describe()}.")
    {
        Error = error, Offset = offset,
    };
}
