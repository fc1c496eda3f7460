namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>A disk of a <see cref="WriteLog"/>: its size, and its content before the first I/O. Created by <see cref="WriteLog"/>; thread-safe.</summary>
public sealed class LoggedDisk
{
    private volatile bool _isCaptured;

    internal LoggedDisk(WriteLog log, int index, string name, long length, int blockSize)
    {
        (Log, Index, Name, Length, BlockSize) = (log, index, name, length, blockSize);
        Original = new SparseBytes(length);
    }

    /// <summary>The log to which the disk belongs.</summary>
    public WriteLog Log { get; }

    /// <summary>A name for messages; unique in its log.</summary>
    public string Name { get; }

    /// <summary>The size in bytes.</summary>
    public long Length { get; }

    /// <summary>Bytes of a logical block. A discard keeps the blocks that are only partly in its range.</summary>
    public int BlockSize { get; }

    /// <summary>The position of the disk among the disks of its log, from 0.</summary>
    public int Index { get; }

    /// <summary>True as soon as the original content is known, without which no power cut can be shown.</summary>
    public bool IsCaptured => _isCaptured;

    internal SparseBytes Original { get; }

    /// <summary>Writes that have completed and that the next successful flush makes durable. Guarded by the log's lock.</summary>
    internal List<LoggedIo> Unflushed { get; } = [];

    internal void Captured() => _isCaptured = true;

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name;
}
