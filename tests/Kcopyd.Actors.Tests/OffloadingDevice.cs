namespace Kcopyd.Actors.Tests;

/// <summary>A device in memory that clones from others of its kind, knows which of its blocks of 4 KiB hold only zeroes, and records the operations that it
/// receives.</summary>
internal sealed class OffloadingDevice(int length, OffloadKinds clones = OffloadKinds.Reflink, bool maps = false) : DeviceLayer(BlockDevice.Memory(length))
{
    private const int Block = 4096;
    private readonly Lock _lock = new();
    private readonly List<(string What, long Offset, long Length)> _log = [];

    public Span<byte> Bytes => ((MemoryBlockDevice)Inner).Bytes;

    public override DeviceFeatures Features => DeviceFeatures.WriteZeroes
        | (clones != OffloadKinds.None ? DeviceFeatures.Clone : DeviceFeatures.None) | (maps ? DeviceFeatures.Map : DeviceFeatures.None);

    /// <summary>The result of a clone of this kind, offset and length.</summary>
    public Func<OffloadKinds, long, long, IoResult> Clones { get; init; } = static (_, _, length) => IoResult.Success(length);

    /// <summary>Called for each clone.</summary>
    public Action? Cloning { get; init; }

    /// <summary>The task that a clone at this offset returns instead of cloning; null to clone.</summary>
    public Func<long, Task<IoResult>?> Holds { get; init; } = static _ => null;

    /// <summary>The byte offset of a sector that cannot be read; -1 for none.</summary>
    public long BadSector { get; init; } = -1;

    public Func<Exception>? ThrowsWhenAskedToClone { get; init; }

    public (string What, long Offset, long Length)[] Log
    {
        get
        {
            lock (_lock)
                return [.. _log];
        }
    }

    public IEnumerable<(long Offset, long Length)> Asked(string what) => Log.Where(entry => entry.What == what).Select(entry => (entry.Offset, entry.Length));

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        Add("read", offset, buffer.Length);
        return BadSector >= 0 && BadSector + 512 > offset && BadSector < offset + buffer.Length
            ? new(IoResult.Failure(IoError.Io))
            : base.ReadAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        Add("write", offset, buffer.Length);
        return base.WriteAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length)
    {
        Add("zero", offset, length);
        return base.WriteZeroesAsync(offset, length);
    }

    public override ValueTask<IoResult> PunchAsync(long offset, long length)
    {
        Add("punch", offset, length);
        return base.WriteZeroesAsync(offset, length);
    }

    public override ValueTask<ExtentResult> MapAsync(long offset, long length)
    {
        Add("map", offset, length);
        bool IsZero(long at) => !Bytes.Slice((int)at, (int)Math.Min(Block - at % Block, Length - at)).ContainsAnyExcept((byte)0);
        var end = offset;
        do end += Math.Min(Block - end % Block, offset + length - end);
        while (end < offset + length && IsZero(end) == IsZero(offset));
        return new(new ExtentResult(end - offset, IsZero(offset), IoError.None));
    }

    public override OffloadKinds CloneKinds(IBlockDevice source) =>
        ThrowsWhenAskedToClone is { } exception ? throw exception() : source is OffloadingDevice ? clones : OffloadKinds.None;

    public override ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind)
    {
        Add(kind.ToString(), offset, length);
        Cloning?.Invoke();
        if (Holds(offset) is { } held)
            return new(held);
        var result = Clones(kind, offset, length);
        ((OffloadingDevice)source).Bytes.Slice((int)sourceOffset, (int)result.Bytes).CopyTo(Bytes[(int)offset..]);
        return new(result);
    }

    private void Add(string what, long offset, long length)
    {
        lock (_lock)
            _log.Add((what, offset, length));
    }
}
