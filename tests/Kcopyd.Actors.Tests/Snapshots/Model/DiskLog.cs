using Kcopyd.Actors.Tests.Simulation;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>What all disks of a world have in common: one clock, one count of I/Os, and the one I/O that fails.</summary>
internal sealed class DiskLog(SeededPump? pump = null)
{
    public SeededPump? Pump => pump;

    /// <summary>The time: how many things have happened to disks and requests.</summary>
    public int Now { get; private set; }

    public int Ios { get; private set; }

    /// <summary>Number of the I/O, from 1, that fails; 0: none.</summary>
    public int FailsAt { get; init; }

    /// <summary>It throws instead of answering an error.</summary>
    public bool Throws { get; init; }

    /// <summary>Transfers are issued by the origin's actor itself.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>Flushes are, too.</summary>
    public bool IsFlushPrompt { get; init; }

    /// <summary>How often a transfer comes short.</summary>
    public double ShortRate { get; set; }

    /// <summary>How often an I/O is done when the call returns.</summary>
    public double AtOnceRate { get; set; }

    /// <summary>True while a store is opened, which awaits what this thread alone could complete.</summary>
    public bool IsAtOnce { get; set; } = pump is null;

    /// <summary>The I/O that has failed.</summary>
    public DiskIo? Failed { get; private set; }

    /// <summary>Called when an I/O is about to fail, before anything of it is known.</summary>
    public Action<DiskIo>? WhenFailing { get; set; }

    /// <summary>Called before an I/O is issued: what has happened up to then has happened before it.</summary>
    public Action? BeforeIo { get; set; }

    public int Tick() => ++Now;

    public void Issued(DiskIo io)
    {
        pump?.Note(io.Offset ^ ((long)io.Kind << 40));
        if (++Ios != FailsAt)
            return;
        io.Fails = true;
        Failed = io;
        WhenFailing?.Invoke(io);
    }
}
