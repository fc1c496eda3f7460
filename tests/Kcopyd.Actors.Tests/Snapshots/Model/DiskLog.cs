using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>A write, zeroing or discard, and when it was where.</summary>
internal sealed class DiskWrite(long offset, byte[] data, int issued)
{
    public long Offset => offset;

    public int Length => data.Length;

    public byte[] Data => data;

    public int Issued => issued;

    public int Done { get; set; } = int.MaxValue;

    /// <summary>When a flush that began after it was done has completed: from then on its data is on the medium.</summary>
    public int Durable { get; set; } = int.MaxValue;
}

/// <summary>The content of a disk before the first I/O, and everything that changed it, in the order of issue.</summary>
internal sealed record DiskWrites(byte[] Original)
{
    public List<DiskWrite> Writes { get; } = [];

    /// <summary>Those that are not durable.</summary>
    public List<DiskWrite> Cached { get; } = [];
}

/// <summary>What all disks of a world share: one clock, one count of I/Os, and the one I/O that fails.</summary>
internal sealed class DiskLog(TestKit.World world) : IDiskObserver
{
    private readonly List<SimulatedDisk> _disks = [];
    private readonly Dictionary<SimulatedDisk, DiskWrites> _writes = [];
    private readonly Dictionary<SimulatedIo, (int Issued, DiskWrite? Write)> _inFlight = [];

    /// <summary>The time: the number of events on disks and requests so far.</summary>
    public int Now { get; private set; }

    public int Ios { get; private set; }

    /// <summary>The number of the I/O that fails, from 1; 0 for none.</summary>
    public int FailsAt { get; init; }

    /// <summary>The failing I/O throws instead of returning an error.</summary>
    public bool Throws { get; init; }

    /// <summary>The origin's actor issues transfers itself.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>The origin's actor issues flushes itself.</summary>
    public bool IsFlushPrompt { get; init; }

    /// <summary>What is wrong with the disks.</summary>
    public DiskFaults Faults
    {
        get;
        set
        {
            field = value;
            _disks.ForEach(disk => disk.Faults = value);
        }
    } = DiskFaults.None;

    /// <summary>The I/O that has failed.</summary>
    public SimulatedIo? Failed { get; private set; }

    /// <summary>Called when an I/O is about to fail, before any effect of the failure.</summary>
    public Action<SimulatedIo>? WhenFailing { get; set; }

    /// <summary>Called before an I/O is issued: everything that has happened by then precedes it.</summary>
    public Action? BeforeIo { get; set; }

    /// <summary>Adds a disk.</summary>
    public SimulatedDisk NewDisk(string name, byte[] content)
    {
        var options = new SimulatedDiskOptions { Faults = Faults, IsPrompt = IsPrompt, IsFlushPrompt = IsFlushPrompt, Observer = this };
        var disk = world.AddDisk(name, content, options);
        _disks.Add(disk);
        _writes.Add(disk, new DiskWrites(content));
        return disk;
    }

    public DiskWrites WritesOf(SimulatedDisk disk) => _writes[disk];

    public int Tick() => ++Now;

    public void Issued(SimulatedIo io)
    {
        BeforeIo?.Invoke();
        var now = Tick();
        var write = io.Changes ? new DiskWrite(io.Offset, io.Kind == SimulatedIoKind.Write ? io.Data.ToArray() : new byte[io.Length], now) : null;
        if (write is not null)
        {
            _writes[io.Disk].Writes.Add(write);
            _writes[io.Disk].Cached.Add(write);
        }
        if (io.Changes || io.Kind == SimulatedIoKind.Flush)
            _inFlight.Add(io, (now, write));
        if (++Ios != FailsAt)
            return;
        Failed = io;
        WhenFailing?.Invoke(io);
        if (Throws)
            io.Throw(new IOException($"{io.Disk.Name} has vanished."));
        else
            io.Fail(IoError.Io);
    }

    public void Completed(SimulatedIo io)
    {
        if (_inFlight.Remove(io, out var seen) && io.Kind == SimulatedIoKind.Flush && io.Result.IsSuccess)
            Flushed(_writes[io.Disk].Cached, seen.Issued);
        if (!io.Result.IsSuccess)
            return;
        var now = Tick();
        if (seen.Write is not null)
            seen.Write.Done = now;
    }

    private void Flushed(List<DiskWrite> cached, int issued)
    {
        var now = Tick();
        foreach (var write in cached)
        {
            if (write.Done < issued)
                write.Durable = now;
        }
        cached.RemoveAll(static write => write.Durable != int.MaxValue);
    }
}
