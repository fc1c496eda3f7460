using System.Buffers.Binary;

namespace Kcopyd.Actors.Tests.Faults;

/// <summary>What a log does to survive its disk.</summary>
[Flags]
internal enum LogCare
{
    None = 0,
    /// <summary>A record ends the log where its checksum is wrong; without it, where its length is.</summary>
    Checksums = 1,
    /// <summary>A record is written again before a flush that failed is repeated.</summary>
    WriteAgain = 2,
}

/// <summary>A log of records, each appended by a write and a flush: length, checksum, payload.</summary>
internal sealed class TinyLog(IBlockDevice device, LogCare care)
{
    private const int Header = 12;

    private long _end;

    /// <summary>Appends a record: it is durable when this returns.</summary>
    public async Task AppendAsync(byte[] payload)
    {
        await WriteAsync(payload);
        for (var isFlushed = false; !isFlushed;)
        {
            isFlushed = (await device.FlushAsync()).IsSuccess;
            if (!isFlushed && (care & LogCare.WriteAgain) != 0)
                await WriteAsync(payload);
        }
        _end += Header + payload.Length;
    }

    /// <summary>The part of an append before its flush.</summary>
    public async Task WriteAsync(byte[] payload)
    {
        var record = new byte[Header + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(4), Checksum(_end, payload));
        payload.CopyTo(record, Header);
        await device.WriteExactlyAsync(_end, record);
    }

    /// <summary>Reads the log from its start, and continues it where it ends.</summary>
    public async Task<List<byte[]>> RecoverAsync()
    {
        var (header, records) = (new byte[Header], new List<byte[]>());
        for (_end = 0; _end + Header <= device.Length;)
        {
            await device.ReadExactlyAsync(_end, header);
            var length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length <= 0 || length > device.Length - _end - Header)
                break;
            var payload = new byte[length];
            await device.ReadExactlyAsync(_end + Header, payload);
            if ((care & LogCare.Checksums) != 0 && BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(4)) != Checksum(_end, payload))
                break;
            records.Add(payload);
            _end += Header + length;
        }
        return records;
    }

    private static ulong Checksum(long offset, byte[] payload)
    {
        var sum = 14695981039346656037 ^ (ulong)offset ^ (ulong)payload.Length << 32;
        foreach (var value in payload)
            sum = (sum ^ value) * 1099511628211;
        return sum;
    }
}
