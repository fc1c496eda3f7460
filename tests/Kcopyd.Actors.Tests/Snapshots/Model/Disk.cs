using System.Runtime.InteropServices;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>
/// A disk with a volatile cache that records every write and the time from which it is on the medium. The pump decides what completes and when; a transfer
/// may be short; one I/O of the world may fail.
/// </summary>
internal sealed class Disk(string name, byte[] content, DiskLog log) : IBlockDevice, IPromptDevice
{
    private readonly List<DiskIo> _cached = [];

    public string Name => name;

    public long Length => content.Length;

    public int LogicalBlockSize => Sector.Size;

    public int Alignment => 1;

    public bool IsReadOnly => false;

    public DeviceFeatures Features { get; init; } = DeviceFeatures.VolatileCache | DeviceFeatures.WriteZeroes | DeviceFeatures.Discard;

    public DiskLog Log => log;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => operation == DeviceOperation.Flush ? log.IsFlushPrompt : log.IsPrompt;

    /// <summary>What reads return.</summary>
    public byte[] Content => content;

    /// <summary>What was on the medium before the first I/O.</summary>
    public byte[] Original { get; } = (byte[])content.Clone();

    /// <summary>Everything that changed the disk, in the order of issue.</summary>
    public List<DiskIo> Writes { get; } = [];

    public int Reads { get; private set; }

    public int Flushes { get; private set; }

    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        Reads++;
        return Issue(DeviceOperation.Read, offset, buffer.Length, buffer);
    }

    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        Issue(DeviceOperation.Write, offset, buffer.Length, MemoryMarshal.AsMemory(buffer));

    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => Issue(DeviceOperation.Zero, offset, (int)length, default);

    public ValueTask<IoResult> DiscardAsync(long offset, long length) => Issue(DeviceOperation.Discard, offset, (int)length, default);

    public ValueTask<IoResult> FlushAsync()
    {
        Flushes++;
        return Issue(DeviceOperation.Flush, 0, 0, default);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public IoResult Perform(DiskIo io)
    {
        var whole = (int)Math.Clamp(content.Length - io.Offset, 0, io.Length);
        var bytes = io.Fails ? SomeSectorsOf(whole)
            : log.ShortRate > 0 && log.Pump!.Random.NextDouble() < log.ShortRate && SomeSectorsOf(whole) is var part and > 0 ? part
            : whole;
        if (io.Kind == DeviceOperation.Read)
            content.AsSpan((int)io.Offset, bytes).CopyTo(io.Memory.Span);
        else if (io.Kind == DeviceOperation.Flush && !io.Fails)
            Flushed(io);
        else
            io.Data.AsSpan(0, bytes).CopyTo(content.AsSpan((int)io.Offset));
        if (io.Fails)
            return IoResult.Failure(IoError.Io, io.Kind == DeviceOperation.Flush ? 0 : bytes);
        io.Done = log.Tick();
        return IoResult.Success(bytes);
    }

    private void Flushed(DiskIo flush)
    {
        var now = log.Tick();
        foreach (var write in _cached)
        {
            if (write.Done < flush.Issued)
                write.Durable = now;
        }
        _cached.RemoveAll(static write => write.Durable != int.MaxValue);
    }

    private ValueTask<IoResult> Issue(DeviceOperation kind, long offset, int length, Memory<byte> memory)
    {
        log.BeforeIo?.Invoke();
        var data = kind == DeviceOperation.Write ? memory.ToArray() : kind is DeviceOperation.Zero or DeviceOperation.Discard ? new byte[length] : null;
        var io = new DiskIo(this, kind, offset, length, memory) { Issued = log.Tick(), Data = data };
        if (data is not null)
        {
            Writes.Add(io);
            _cached.Add(io);
        }
        log.Issued(io);
        if (log.IsAtOnce || log.AtOnceRate > 0 && log.Pump!.Random.NextDouble() < log.AtOnceRate)
            io.Run();
        else
            log.Pump!.Add(io);
        return new ValueTask<IoResult>(io, 0);
    }

    private int SomeSectorsOf(int bytes) => log.Pump is { } pump ? pump.Random.Next(Math.Max(1, bytes / Sector.Size)) * Sector.Size : 0;
}
