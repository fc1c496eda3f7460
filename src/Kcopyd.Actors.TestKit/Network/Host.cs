using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>A machine as the network sees it: its kernel answers for a process that has died, and nothing answers for a machine without power.</summary>
internal sealed class Host(string name)
{
    public string Name { get; } = name;

    /// <summary>False from a power cut until the next start.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>The process that listens and connects; the latest life.</summary>
    public Process? Process { get; set; }

    public override string ToString() => Name;
}
