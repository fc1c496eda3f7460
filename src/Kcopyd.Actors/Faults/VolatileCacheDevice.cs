using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Faults;

/// <summary>
/// A disk with a volatile write cache: writes are held until a flush, and <see cref="CrashAsync"/> is the power failure that loses them. Disposing the device
/// also loses them: without a flush, nothing is guaranteed.
/// </summary>
/// <remarks>
/// <para>Blocks of <see cref="IBlockDevice.LogicalBlockSize"/> survive or are lost on their own, so a write of several blocks can be torn. The bytes of a block
/// that a write does not touch are never changed by it.</para>
/// <para>A flush that fails may have lost anything that it covered, as on Linux, which reports the error once and marks the pages as clean: what is lost is
/// still read until the power is cut, but no later flush writes it, and each of those reports success. The same write, made again, is a new write.</para>
/// <para>I/O that is in flight when the power is cut fails with <see cref="IoError.NoDevice"/>, and so does I/O that is issued before
/// <see cref="CrashAsync"/> completes. None of it reaches the medium afterwards; of a flush in flight, any block may have reached it or not.</para>
/// <para>Writes complete at once, reads run concurrently, and flushes run one at a time, in order. What awaits them continues on the thread on which the medium
/// completes; no lock is held while the medium is called or a caller continues. Before a flush overwrites a block of the medium, it reads what is there, to be
/// able to lose the write.</para>
/// </remarks>
public sealed class VolatileCacheDevice : DeviceLayer
{
    private readonly PowerSwitch _power = new();
    private readonly WriteCache _cache;
    private readonly CacheFlushes _flushes;
    private readonly bool _tearsBlocks;

    /// <summary>Creates the device, with an empty cache.</summary>
    /// <param name="inner">The medium.</param>
    /// <param name="seed">Determines what a failed flush loses: null for everything that it covered; by a seed, of each write all, nothing, or some of its
    /// blocks.</param>
    /// <param name="tearsBlocks">True if a power cut with a seed may also damage a block of a torn write: the write's bytes in it are then partly
    /// random.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the medium; leave it open to examine what survived.</param>
    public VolatileCacheDevice(IBlockDevice inner, int? seed = null, bool tearsBlocks = false, bool leaveOpen = false)
        : base(inner, leaveOpen)
    {
        _cache = new WriteCache(inner.LogicalBlockSize);
        _flushes = new CacheFlushes(inner, _cache, _power, Fates(seed));
        _tearsBlocks = tearsBlocks;
    }

    /// <summary>The number of writes that a crash could lose now, including those that a failed flush has already lost.</summary>
    public int HeldWrites
    {
        get
        {
            lock (_power.Gate)
                return _cache.Count;
        }
    }

    /// <inheritdoc/>
    public override DeviceFeatures Features =>
        (base.Features & ~(DeviceFeatures.WriteZeroes | DeviceFeatures.Discard)) | DeviceFeatures.VolatileCache;

    /// <summary>Cuts the power and restores it. Waits for the call of the medium that is in flight, if there is one: release a medium that stalls.</summary>
    /// <param name="seed">Null loses every write since the last successful flush. A seed loses some of them, in any order, as a disk writes back its cache: of
    /// each write nothing, all, or some of its blocks are lost, with probability 1/3 each.</param>
    /// <returns>The number of writes that were lost as a whole or in part.</returns>
    /// <exception cref="IOException">The medium failed a write that should survive, or one that brings back what was there before a write that should
    /// not.</exception>
    public ValueTask<int> CrashAsync(int? seed = null) => CutAsync(Fates(seed), isLast: false);

    /// <inheritdoc/>
    public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        List<(long Offset, byte[] Data)> cached;
        int generation;
        lock (_power.Gate)
        {
            if (_power.Refusal() is { } refusal)
                return refusal;
            cached = _cache.Copy(offset, buffer.Length);
            generation = _power.Generation;
            _power.Enter();
        }
        IoResult result;
        try
        {
            result = await Inner.ReadAsync(offset, buffer).ConfigureAwait(false);
        }
        finally
        {
            _power.Leave();
        }
        foreach (var (start, data) in cached)
        {
            var from = (int)(start - offset);
            var count = (int)Math.Min(data.Length, result.Bytes - from);
            if (count > 0)
                data.AsSpan(0, count).CopyTo(buffer.Span[from..]);
        }
        return _power.IsCut(generation) ? PowerSwitch.Off : result;
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var data = UndoLog.Buffer(Inner, Bounds.Clamp(Length, offset, buffer.Length));
        buffer[..data.Length].CopyTo(data);
        lock (_power.Gate)
        {
            if (_power.Refusal() is { } off)
                return new(off);
            if (data.Length > 0)
                _cache.Add(offset, data);
        }
        return new(IoResult.Success(data.Length));
    }

    /// <summary>Returns <see cref="IoError.NotSupported"/>.</summary>
    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Returns <see cref="IoError.NotSupported"/>.</summary>
    public override ValueTask<IoResult> DiscardAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public override ValueTask<IoResult> FlushAsync() => _flushes.FlushAsync();

    /// <summary>Cuts the power for good, and disposes the medium unless it is to be left open.</summary>
    /// <exception cref="IOException">The medium failed a write that brings back what was there before a flush that failed.</exception>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await CutAsync(null, isLast: true).ConfigureAwait(false);
        }
        finally
        {
            await base.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static SeededFates? Fates(int? seed) => seed is { } number ? new SeededFates(number) : null;

    private async ValueTask<int> CutAsync(SeededFates? fates, bool isLast)
    {
        await _power.CutAsync().ConfigureAwait(false);
        try
        {
            List<(long Offset, ReadOnlyMemory<byte> Data)> survivors;
            int lost;
            lock (_power.Gate)
                (survivors, lost) = _cache.Cut(fates, _tearsBlocks);
            await _flushes.UndoAsync().ConfigureAwait(false);
            foreach (var (offset, data) in survivors)
                await Inner.WriteExactlyAsync(offset, data).ConfigureAwait(false);
            return lost;
        }
        catch (BlockDeviceException failed)
        {
            throw new IOException($"{Name} cannot become what the power cut left: its medium failed a write with {failed.Error}.", failed);
        }
        finally
        {
            _flushes.Forget();
            _power.Restore(isLast);
        }
    }
}
