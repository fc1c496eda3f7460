using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>The origin or a snapshot, and what it should show.</summary>
internal sealed class View(string name, SimulatedDisk disk, SnapshotCore? core)
{
    public string Name => name;

    /// <summary>The disk of the origin, or of the store.</summary>
    public SimulatedDisk Disk => disk;

    /// <summary>Null for the origin.</summary>
    public SnapshotCore? Core => core;

    /// <summary>Null until it is attached.</summary>
    public History? History { get; set; }

    public Completion<Done> Attached { get; } = new(Completions.OnPool);

    public Completion<Done> Detached { get; } = new(Completions.OnPool);

    public bool IsClosing { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>The time from which its store exists, whatever happens.</summary>
    public int Created { get; set; }

    /// <summary>When it was attached.</summary>
    public int Attachment { get; set; }

    public int InvalidSince { get; set; } = int.MaxValue;

    /// <summary>When it was last seen in overflow: a write had found its store full.</summary>
    public int Overflowed { get; set; }

    public int MergedSince { get; set; } = int.MaxValue;

    /// <summary>Chunks that may have an exception: they were written, on the snapshot or on the origin.</summary>
    public HashSet<long> Touched { get; } = [];

    /// <summary>Chunks that must have an exception if the snapshot is valid.</summary>
    public HashSet<long> Held { get; } = [];

    /// <summary>The earlier view of the same store, as it was closed.</summary>
    public View? Previous { get; init; }

    public bool IsUsable => History is not null && !IsClosing;
}
