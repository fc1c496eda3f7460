using Kcopyd.Actors;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Counts the I/O that reaches a device. Like every layer it hides clones and holes, so that copies read and write the data.</summary>
internal sealed class CountingDevice(IBlockDevice inner, bool flushIsFree = false) : DeviceLayer(inner), IPromptDevice
{
    private long _reads, _readBytes, _writes, _writtenBytes, _flushes;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => (flushIsFree && operation == DeviceOperation.Flush) || Inner.IsPrompt(operation);

    public IoCounts Counts => new(
        Interlocked.Read(ref _reads), Interlocked.Read(ref _readBytes), Interlocked.Read(ref _writes), Interlocked.Read(ref _writtenBytes),
        Interlocked.Read(ref _flushes));

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Add(ref _readBytes, buffer.Length);
        return Inner.ReadAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        Interlocked.Increment(ref _writes);
        Interlocked.Add(ref _writtenBytes, buffer.Length);
        return Inner.WriteAsync(offset, buffer);
    }

    public override ValueTask<IoResult> FlushAsync()
    {
        Interlocked.Increment(ref _flushes);
        return flushIsFree ? new(IoResult.Success(0)) : Inner.FlushAsync();
    }
}

/// <summary>The I/O that reached a device.</summary>
internal readonly record struct IoCounts(long Reads, long ReadBytes, long Writes, long WrittenBytes, long Flushes)
{
    public static IoCounts operator -(IoCounts after, IoCounts before) => new(
        after.Reads - before.Reads, after.ReadBytes - before.ReadBytes, after.Writes - before.Writes, after.WrittenBytes - before.WrittenBytes,
        after.Flushes - before.Flushes);
}
