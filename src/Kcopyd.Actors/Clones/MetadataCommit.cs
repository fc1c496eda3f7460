using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Clones;

/// <summary>Commits changed array blocks, one transaction after another: writes them and everything above them to free blocks, and then the
/// superblock.</summary>
/// <remarks>
/// <para>Invariants: a transaction writes only to blocks that are free in the committed metadata, so that what the superblock on the device reaches is never
/// overwritten; and the superblock is written only when all new blocks are durable. A power cut leaves the old metadata or the new one, and both are
/// whole.</para>
/// <para>A transaction ends with <see cref="Committed"/> or <see cref="Abandon"/>. One that failed at an unknown place is decided by the superblock on the
/// device, which <see cref="IsNew"/> and <see cref="IsOld"/> compare.</para>
/// </remarks>
internal sealed class MetadataCommit
{
    private readonly MetadataImage _image;
    private readonly List<Memory<byte>> _buffers = [];
    private readonly Memory<byte> _newSuperblock = AlignedMemory.Allocate(MetadataBlock.Size);
    private readonly byte[] _oldSuperblock = new byte[MetadataBlock.Size];
    private readonly List<(int Array, ulong[] Words)> _arrays = [];
    private readonly List<TreeNode> _nodes = [];
    private readonly HashSet<TreeNode> _known = [];
    private readonly List<long> _taken = [], _replaced = [];
    private readonly Stack<int> _bitmaps = [];
    private readonly bool[] _isTouched;
    private readonly List<(int Bitmap, long Block)> _movedBitmaps = [];
    private readonly Stack<Action> _undo = [];
    private int _buffer;
    private long _nextFree;

    public MetadataCommit(MetadataImage image)
    {
        _image = image;
        _isTouched = new bool[image.Space.Bitmaps];
    }

    /// <summary>Plans a transaction with as many changed array blocks as the free blocks allow; the caller plans another one for the rest.</summary>
    public void Plan(RegionMap map, DeviceSequence sequence)
    {
        Begin();
        var room = _image.Space.Free - (_image.Space.Bitmaps + 1);
        for (var array = map.NextChanged(0); array >= 0; array = map.NextChanged(array + 1))
        {
            var (leaf, _) = _image.Locate(array);
            room -= 1 + NewNodes(leaf);
            if (room < 0)
                break;
            _arrays.Add((array, [.. map.TakeChanged(array)]));
            AddNodes(leaf);
        }
        MoveBlocks();
        foreach (var block in _taken)
            _image.Space.Add(block);
        foreach (var block in _replaced)
            _image.Space.Remove(block);
        Write(sequence);
    }

    /// <summary>The transaction is on the device.</summary>
    public void Committed()
    {
        foreach (var (array, words) in _arrays)
            words.CopyTo(_image.Words, _image.Geometry.WordsOf(array).First);
        _undo.Clear();
    }

    /// <summary>The transaction is not on the device, and never will be.</summary>
    public void Abandon()
    {
        while (_undo.TryPop(out var undo))
            undo();
        foreach (var block in _replaced)
            _image.Space.Add(block);
        foreach (var block in _taken)
            _image.Space.Remove(block);
    }

    /// <summary>True if a superblock is the one that the transaction writes.</summary>
    public bool IsNew(ReadOnlySpan<byte> superblock) => superblock.SequenceEqual(_newSuperblock.Span);

    /// <summary>True if a superblock is the one before the transaction.</summary>
    public bool IsOld(ReadOnlySpan<byte> superblock) => superblock.SequenceEqual(_oldSuperblock);

    private void Begin()
    {
        _image.Superblock.Write(_oldSuperblock);
        _arrays.Clear();
        _nodes.Clear();
        _known.Clear();
        _taken.Clear();
        _replaced.Clear();
        _movedBitmaps.Clear();
        _undo.Clear();
        Array.Clear(_isTouched);
        (_buffer, _nextFree) = (0, 0);
    }

    private int NewNodes(TreeNode leaf)
    {
        var count = 0;
        for (TreeNode? node = leaf; node is not null && !_known.Contains(node); node = node.Parent)
            count++;
        return count;
    }

    private void AddNodes(TreeNode leaf)
    {
        for (TreeNode? node = leaf; node is not null && _known.Add(node); node = node.Parent)
            _nodes.Add(node);
    }

    // All blocks are chosen before any is released: a block released by this transaction is still reached by the superblock on the device.
    private void MoveBlocks()
    {
        foreach (var (array, _) in _arrays)
        {
            var (leaf, index) = _image.Locate(array);
            Set(leaf.Values, index, Replace(leaf.Values[index]));
        }
        foreach (var node in _nodes)
        {
            var old = node.Block;
            node.Block = Replace(old);
            _undo.Push(() => node.Block = old);
            if (node.Parent is { } parent)
                Set(parent.Values, node.IndexInParent, node.Block);
        }
        var index0 = _image.IndexBlock;
        _image.IndexBlock = Replace(index0);
        _undo.Push(() => _image.IndexBlock = index0);
        // A bitmap moves if a count in it changes, which moves it, which may change a count in another one.
        while (_bitmaps.TryPop(out var bitmap))
        {
            Set(_image.BitmapBlocks, bitmap, Replace(_image.BitmapBlocks[bitmap]));
            _movedBitmaps.Add((bitmap, _image.BitmapBlocks[bitmap]));
        }
    }

    private void Set(long[] values, int index, long value)
    {
        var old = values[index];
        values[index] = value;
        _undo.Push(() => values[index] = old);
    }

    private long Replace(long old)
    {
        var block = _image.Space.NextFree(_nextFree);
        if (block == _image.Space.Blocks)
            throw new InvalidOperationException($"The metadata has no free block left of {_image.Space.Blocks}: opening and planning ensure that it has.");
        _nextFree = block + 1;
        _taken.Add(block);
        _replaced.Add(old);
        Touch(block);
        Touch(old);
        return block;
    }

    private void Touch(long block)
    {
        var bitmap = SpaceMap.BitmapOf(block);
        if (_isTouched[bitmap])
            return;
        _isTouched[bitmap] = true;
        _bitmaps.Push(bitmap);
    }

    private void Write(DeviceSequence sequence)
    {
        foreach (var (array, words) in _arrays)
        {
            var (leaf, index) = _image.Locate(array);
            var buffer = Buffer();
            ArrayBlock.Write(leaf.Values[index], words, buffer.Span);
            sequence.Write(leaf.Values[index] * MetadataBlock.Size, buffer);
        }
        foreach (var node in _nodes)
        {
            var buffer = Buffer();
            node.Write(buffer.Span);
            sequence.Write(node.Block * MetadataBlock.Size, buffer);
        }
        foreach (var (bitmap, block) in _movedBitmaps)
        {
            var buffer = Buffer();
            _image.Space.WriteBitmap(bitmap, block, buffer.Span);
            sequence.Write(block * MetadataBlock.Size, buffer);
        }
        var index0 = Buffer();
        MetadataFormat.WriteIndex(_image, index0.Span);
        _image.Superblock.Write(_newSuperblock.Span);
        sequence.Write(_image.IndexBlock * MetadataBlock.Size, index0).Flush().Write(0, _newSuperblock).Flush();
    }

    private Memory<byte> Buffer()
    {
        if (_buffer == _buffers.Count)
            _buffers.Add(AlignedMemory.Allocate(MetadataBlock.Size));
        return _buffers[_buffer++];
    }
}
