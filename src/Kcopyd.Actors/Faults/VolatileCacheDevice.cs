using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Faults;

/// <summary>
/// A disk with a volatile write cache: writes are held until a flush, and <see cref="CrashAsync"/> is the power failure that loses them. Disposing the device
/// also loses them: without a flush, nothing is guaranteed. One operation runs at a time.
/// </summary>
/// <param name="inner">The medium.</param>
/// <param name="leaveOpen">False, the default, if the layer also disposes the medium; leave it open to examine what survived.</param>
public sealed class VolatileCacheDevice(IBlockDevice inner, bool leaveOpen = false) : DeviceLayer(inner, leaveOpen)
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly List<(long Offset, byte[] Data)> _held = [];

    /// <summary>The number of writes that a crash would lose now.</summary>
    public int HeldWrites
    {
        get
        {
            _turn.Wait();
            var held = _held.Count;
            _turn.Release();
            return held;
        }
    }

    /// <inheritdoc/>
    public override DeviceFeatures Features =>
        (base.Features & ~(DeviceFeatures.WriteZeroes | DeviceFeatures.Discard)) | DeviceFeatures.VolatileCache;

    /// <summary>Cuts the power and restores it.</summary>
    /// <param name="seed">Null loses every write since the last flush. A seed loses some of them: each write reaches the medium with probability 1/2, as a
    /// disk writes back its cache in any order.</param>
    /// <returns>The number of writes that were lost.</returns>
    /// <exception cref="IOException">The medium failed a write that should survive.</exception>
    public async ValueTask<int> CrashAsync(int? seed = null)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var fates = seed is { } number ? new SeededFates(number) : null;
            var lost = _held.RemoveAll(_ => fates is null || fates.Next() < 0.5);
            return await WriteBackAsync().ConfigureAwait(false) is var error and not IoError.None
                ? throw new IOException($"{Name} failed a write that should survive the crash: {error}.")
                : lost;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var result = await Inner.ReadAsync(offset, buffer).ConfigureAwait(false);
            foreach (var (start, data) in _held)
            {
                var from = Math.Max(start, offset);
                var count = Math.Min(start + data.Length, offset + result.Bytes) - from;
                if (count > 0)
                    data.AsSpan((int)(from - start), (int)count).CopyTo(buffer.Span[(int)(from - offset)..]);
            }
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return IoResult.Failure(refusal);
        var data = buffer[..Bounds.Clamp(Length, offset, buffer.Length)].ToArray();
        await _turn.WaitAsync().ConfigureAwait(false);
        _held.Add((offset, data));
        _turn.Release();
        return IoResult.Success(data.Length);
    }

    /// <summary>Returns <see cref="IoError.NotSupported"/>.</summary>
    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <summary>Returns <see cref="IoError.NotSupported"/>.</summary>
    public override ValueTask<IoResult> DiscardAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public override async ValueTask<IoResult> FlushAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var error = await WriteBackAsync().ConfigureAwait(false);
            return error == IoError.None ? await Inner.FlushAsync().ConfigureAwait(false) : IoResult.Failure(error);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CrashAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<IoError> WriteBackAsync()
    {
        while (_held.Count > 0)
        {
            var (offset, data) = _held[0];
            try
            {
                await Inner.WriteExactlyAsync(offset, data).ConfigureAwait(false);
            }
            catch (BlockDeviceException failed)
            {
                return failed.Error;
            }
            _held.RemoveAt(0);
        }
        return IoError.None;
    }
}
