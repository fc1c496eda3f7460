namespace Kcopyd.Actors.Jobs;

/// <summary>
/// The position of a transfer and the size of its next I/O. The first I/O covers the whole transfer. The size is halved after a failure, down to a single
/// logical block, and doubled after a success: a bad block among 1024 costs about 20 I/Os, not 1024.
/// </summary>
internal struct Transfer(long start, int length, int block)
{
    private readonly int _length = length;
    private int _step = length;

    /// <summary>Bytes processed, good or bad.</summary>
    public int Position { get; private set; }

    public readonly int Remaining => _length - Position;

    public readonly bool IsDone => Position == _length;

    /// <summary>Byte offset on the device.</summary>
    public readonly long Offset => start + Position;

    /// <summary>Bytes of the next I/O.</summary>
    public readonly int Next
    {
        get
        {
            if (_step > block || Offset % block == 0)
                return Math.Min(_step, Remaining);
            return Math.Min(block - (int)(Offset % block), Remaining);     // up to the start of the next block
        }
    }

    /// <summary>True if the next I/O is within one block: a failure cannot be narrowed further.</summary>
    public readonly bool IsSingleBlock => Offset % block + Next <= block;

    public void Advance(long bytes) => Position += (int)bytes;

    public void Widen()
    {
        if (_step < _length)
            _step = (int)Math.Min((long)_step * 2, _length);
    }

    public void Narrow() => _step = Math.Max(block, (_step / 2 + block - 1) / block * block);
}
