namespace Kcopyd.Actors.Snapshots;

/// <summary>A write to the origin, or the merge of a run into it. It begins only when every snapshot has a copy of the data that it overwrites.</summary>
internal interface IOriginChange
{
    /// <summary>First byte on the origin.</summary>
    long Start { get; }

    /// <summary>The byte after the last one.</summary>
    long End { get; }

    /// <summary>Number of events that it must wait for before it may begin.</summary>
    int Waits { get; set; }

    /// <summary>The gate that determines what it must wait for.</summary>
    IOriginGate? Gate { get; set; }

    /// <summary>Begins the change; nothing is left to wait for.</summary>
    void Begin();
}

internal interface IOriginGate
{
    /// <summary>Begins a change, or starts the work that it must wait for.</summary>
    void Admit(IOriginChange change);
}

internal static class OriginChanges
{
    /// <summary>Ends one wait of the change. After the last one, the gate checks the change again from the beginning, because in the meantime a snapshot may
    /// have become invalid or started another run.</summary>
    public static void Release(this IOriginChange change)
    {
        if (--change.Waits == 0)
            change.Gate!.Admit(change);
    }
}
