namespace Kcopyd.Actors.TestKit;

/// <summary>What may happen to nodes and to their network.</summary>
[Flags]
public enum FaultKinds
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>A process is killed, and starts again.</summary>
    Kill = 1,
    /// <summary>A machine loses power, and starts again.</summary>
    PowerCut = 2,
    /// <summary>A process freezes, and thaws.</summary>
    Freeze = 4,
    /// <summary>The wall clock of a node is wrong for a while.</summary>
    ClockStep = 8,
    /// <summary>A node is alone.</summary>
    Isolate = 16,
    /// <summary>The nodes are in two groups, which do not reach each other.</summary>
    Partition = 32,
    /// <summary>Nothing arrives from one node at another; the other direction works.</summary>
    OneWay = 64,
    /// <summary>The connection between two nodes comes and goes.</summary>
    Flapping = 128,
    /// <summary>The connections between two nodes are reset.</summary>
    Reset = 256,
    /// <summary>Everything takes much longer from one machine to another.</summary>
    Slow = 512,
    /// <summary>What ends a process: <see cref="Kill"/> and <see cref="PowerCut"/>.</summary>
    Crashes = Kill | PowerCut,
    /// <summary>What the network alone does.</summary>
    Network = Isolate | Partition | OneWay | Flapping | Reset | Slow,
    /// <summary>Everything.</summary>
    All = Crashes | Freeze | ClockStep | Network,
}
