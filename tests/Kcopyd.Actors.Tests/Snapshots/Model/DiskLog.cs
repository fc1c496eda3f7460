using Kcopyd.Actors.Tests.Simulation;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>What all disks of a world share: one clock, one count of I/Os, and the one I/O that fails.</summary>
internal sealed class DiskLog(SeededPump? pump = null)
{
    public SeededPump? Pump => pump;

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

    /// <summary>The probability that a transfer is short.</summary>
    public double ShortRate { get; set; }

    /// <summary>The probability that an I/O is complete when the call returns.</summary>
    public double AtOnceRate { get; set; }

    /// <summary>True while a store is opened, which awaits I/Os that only this thread could complete.</summary>
    public bool IsAtOnce { get; set; } = pump is null;

    /// <summary>The I/O that has failed.</summary>
    public DiskIo? Failed { get; private set; }

    /// <summary>Called when an I/O is about to fail, before any effect of the failure.</summary>
    public Action<DiskIo>? WhenFailing { get; set; }

    /// <summary>Called before an I/O is issued: everything that has happened by then precedes it.</summary>
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
