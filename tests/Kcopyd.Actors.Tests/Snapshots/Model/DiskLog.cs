using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>What all disks of a world share: one clock, the log of their writes, one count of I/Os, and the one I/O that fails.</summary>
internal sealed class DiskLog(TestKit.World world) : IDiskObserver
{
    private readonly List<SimulatedDisk> _disks = [];
    private readonly Dictionary<SimulatedDisk, LoggedDisk> _logged = [];
    private readonly Dictionary<SimulatedIo, LoggedIo> _inFlight = [];

    /// <summary>What has changed the disks whose content survives a power cut, if it is recorded.</summary>
    public WriteLog Writes { get; } = new();

    /// <summary>The power is to be cut after the run.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>The time: the number of events on recorded disks and requests so far.</summary>
    public int Now => (int)Writes.Now;

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
    /// <param name="name">Its name.</param>
    /// <param name="content">What it holds at first.</param>
    /// <param name="isTransient">True if a power cut loses all of it, so that no cut needs to show it.</param>
    public SimulatedDisk NewDisk(string name, byte[] content, bool isTransient = false)
    {
        var options = new SimulatedDiskOptions { Faults = Faults, IsPrompt = IsPrompt, IsFlushPrompt = IsFlushPrompt, Observer = this };
        var disk = world.AddDisk(name, content, options);
        _disks.Add(disk);
        if (IsRecorded && !isTransient)
            _logged.Add(disk, Writes.AddDisk(name, content));
        return disk;
    }

    /// <summary>The disk in <see cref="Writes"/>.</summary>
    public LoggedDisk Logged(SimulatedDisk disk) => _logged[disk];

    public int Tick() => (int)Writes.Tick();

    public void Issued(SimulatedIo io)
    {
        BeforeIo?.Invoke();
        if ((io.Changes || io.Kind == DiskIoKind.Flush) && _logged.TryGetValue(io.Disk, out var disk))
        {
            _inFlight.Add(io, io.Kind switch
            {
                DiskIoKind.Flush => Writes.IssueFlush(disk),
                DiskIoKind.Write => Writes.Issue(disk, io.Kind, io.Offset, io.Data.Span),
                _ => Writes.Issue(disk, io.Kind, io.Offset, io.Length),
            });
        }
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
        if (_inFlight.Remove(io, out var logged))
            Writes.Complete(logged, io.Result);
    }
}
