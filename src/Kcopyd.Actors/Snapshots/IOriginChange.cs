namespace Kcopyd.Actors.Snapshots;

/// <summary>A write to the origin, or a run that is merged into it: it begins only when every snapshot has what it destroys.</summary>
internal interface IOriginChange
{
    /// <summary>First byte on the origin.</summary>
    long Start { get; }

    /// <summary>The byte behind the last one.</summary>
    long End { get; }

    /// <summary>How much must happen before it may begin.</summary>
    int Waits { get; set; }

    /// <summary>Looks what it must wait for.</summary>
    IOriginGate? Gate { get; set; }

    /// <summary>Nothing holds it back.</summary>
    void Begin();
}

internal interface IOriginGate
{
    /// <summary>Begins a change, or what it must wait for.</summary>
    void Admit(IOriginChange change);
}

internal static class OriginChanges
{
    /// <summary>One thing that it waited for is over. If that was the last, it is looked at again from the beginning: in the meantime a snapshot may have
    /// become invalid, or have got another run.</summary>
    public static void Release(this IOriginChange change)
    {
        if (--change.Waits == 0)
            change.Gate!.Admit(change);
    }
}
