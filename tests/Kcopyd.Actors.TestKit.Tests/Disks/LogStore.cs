using System.Buffers.Binary;
using System.Security.Cryptography;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

[Flags]
internal enum LogBugs
{
    None = 0,
    NoChecksums = 1,
    AcknowledgesBeforeFlush = 2,
    IgnoresFlushErrors = 4,
}

/// <summary>A log of records on a device, with the mistakes that such logs have: length, checksum, data, and again, until a record has no length.</summary>
internal sealed class LogStore(IBlockDevice device, LogBugs bugs)
{
    private const int Header = 36;

    private long _end;

    /// <summary>Appends a record.</summary>
    /// <returns>The record is durable.</returns>
    public async Task<bool> AppendAsync(byte[] data, Action acknowledge)
    {
        var record = new byte[Header + data.Length];
        BinaryPrimitives.WriteInt32LittleEndian(record, data.Length);
        Checksum(data).CopyTo(record, 4);
        data.CopyTo(record, Header);
        await device.WriteExactlyAsync(_end, record);
        _end += record.Length;
        if (bugs.HasFlag(LogBugs.AcknowledgesBeforeFlush))
            acknowledge();
        var flushed = await device.FlushAsync();
        if (!flushed.IsSuccess && !bugs.HasFlag(LogBugs.IgnoresFlushErrors))
            return false;
        if (!bugs.HasFlag(LogBugs.AcknowledgesBeforeFlush))
            acknowledge();
        return true;
    }

    /// <summary>Reads the records that a power cut has left.</summary>
    public static List<byte[]> Recover(ReadOnlySpan<byte> disk, LogBugs bugs)
    {
        var records = new List<byte[]>();
        while (disk.Length >= Header && BinaryPrimitives.ReadInt32LittleEndian(disk) is var length && length > 0 && length <= disk.Length - Header)
        {
            var data = disk.Slice(Header, length).ToArray();
            if (!bugs.HasFlag(LogBugs.NoChecksums) && !disk[4..Header].SequenceEqual(Checksum(data)))
                break;
            records.Add(data);
            disk = disk[(Header + length)..];
        }
        return records;
    }

    private static byte[] Checksum(byte[] data) => SHA256.HashData(data);
}

/// <summary>A recorded run of a <see cref="LogStore"/>, and the first power cut that it does not survive.</summary>
internal sealed class LogStoreRun
{
    private readonly List<(long Time, int Records)> _acknowledged = [(0, 0)];
    private readonly List<byte[]> _records = [];
    private readonly LogBugs _bugs;
    private readonly RecordingDevice _disk;

    private LogStoreRun(LogBugs bugs, IBlockDevice device) => (_bugs, _disk) = (bugs, device.WithRecording(Log));

    public WriteLog Log { get; } = new();

    public int Cuts { get; private set; }

    public static async Task<LogStoreRun> OfAsync(LogBugs bugs, IBlockDevice device, int records = 8)
    {
        var run = new LogStoreRun(bugs, device);
        var store = new LogStore(run._disk, bugs);
        for (var i = 0; i < records; i++)
        {
            var data = new byte[200 + 450 * (i % 3)];
            Array.Fill(data, (byte)(i + 1));
            run._records.Add(data);
            if (!await store.AppendAsync(data, () => run._acknowledged.Add((run.Log.Tick(), run._records.Count))))
                break;
        }
        return run;
    }

    /// <summary>Returns the first cut after which a record is torn, or an acknowledged one is missing; null if there is none.</summary>
    public (long Id, string Message)? FirstViolation(PowerCutOptions? options = null)
    {
        foreach (var cut in PowerCuts.Enumerate(Log, options))
        {
            Cuts++;
            if (Judge(cut) is { } violation)
                return (cut.Id, $"{violation}\n{cut}");
        }
        return null;
    }

    public string? Judge(PowerCut cut)
    {
        var found = LogStore.Recover(cut.Bytes(_disk.Disk), _bugs);
        var required = _acknowledged.Last(ack => ack.Time <= cut.Time).Records;
        if (found.Count < required)
            return $"{found.Count} records instead of {required}";
        for (var i = 0; i < found.Count; i++)
        {
            if (i >= _records.Count || !found[i].AsSpan().SequenceEqual(_records[i]))
                return $"record {i} is torn";
        }
        return null;
    }
}
