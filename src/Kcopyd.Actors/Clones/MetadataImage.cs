namespace Kcopyd.Actors.Clones;

/// <summary>The committed metadata of a clone, in memory: what the superblock on the device reaches.</summary>
internal sealed class MetadataImage
{
    public required CloneGeometry Geometry { get; init; }

    public required SpaceMap Space { get; init; }

    public required long CountsRoot { get; init; }

    public required long IndexBlock { get; set; }

    /// <summary>The block of each bitmap.</summary>
    public required long[] BitmapBlocks { get; init; }

    /// <summary>The leaves of the tree of array blocks, in the order of their keys.</summary>
    public required TreeNode[] Leaves { get; init; }

    /// <summary>The committed hydration bits.</summary>
    public required ulong[] Words { get; init; }

    public TreeNode Root
    {
        get
        {
            var root = Leaves[0];
            while (root.Parent is { } parent)
                root = parent;
            return root;
        }
    }

    public CloneSuperblock Superblock => new(
        Space.Blocks, Space.Used, IndexBlock, CountsRoot, Geometry.RegionSectors, Geometry.Sectors, Root.Block);

    /// <summary>Free blocks that a commit of one array block can need: the array block, the nodes above it, the bitmaps and the index.</summary>
    public long RoomForCommit => RoomFor(DepthOf(Leaves[0]), Space.Bitmaps);

    public static long RoomFor(int depth, int bitmaps) => 1 + depth + bitmaps + 1;

    public static int DepthOf(TreeNode leaf)
    {
        var depth = 1;
        for (var node = leaf; node.Parent is { } parent; node = parent)
            depth++;
        return depth;
    }

    /// <summary>The leaf with the entry of an array block, and the index of that entry.</summary>
    public (TreeNode Leaf, int Index) Locate(int array)
    {
        int low = 0, high = Leaves.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Leaves[middle].Keys[0] <= array)
                low = middle;
            else
                high = middle - 1;
        }
        return (Leaves[low], (int)(array - Leaves[low].Keys[0]));
    }
}
