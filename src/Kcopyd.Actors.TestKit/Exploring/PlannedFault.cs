using System.Globalization;

namespace Kcopyd.Actors.TestKit;

/// <summary>A fault of a <see cref="FaultPlan"/>.</summary>
/// <param name="Kind">What happens: one of <see cref="FaultKinds"/>.</param>
/// <param name="At">When, from the start of the plan.</param>
/// <param name="Duration">How long it lasts. A reset is over at once.</param>
/// <param name="Nodes">The node that suffers; of a partition, one of the two groups; of a fault between two nodes, both of them.</param>
public sealed record PlannedFault(FaultKinds Kind, TimeSpan At, TimeSpan Duration, IReadOnlyList<Node> Nodes)
{
    /// <summary>Of a <see cref="FaultKinds.ClockStep"/>: how far the clock is ahead, or behind if negative.</summary>
    public TimeSpan ClockStep { get; init; }

    /// <summary>Of <see cref="FaultKinds.Slow"/>: the longest delay.</summary>
    public TimeSpan Delay { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        var nodes = string.Join(", ", Nodes.Select(static node => node.Name));
        var what = Kind switch
        {
            FaultKinds.Kill => $"{nodes} is killed",
            FaultKinds.PowerCut => $"{nodes} loses power",
            FaultKinds.Freeze => $"{nodes} freezes",
            FaultKinds.ClockStep => $"the clock of {nodes} is wrong by {Seconds(ClockStep)}",
            FaultKinds.Isolate => $"{nodes} is alone",
            FaultKinds.Partition => $"{nodes} and the others do not reach each other",
            FaultKinds.OneWay => $"nothing goes from {Nodes[0].Name} to {Nodes[1].Name}",
            FaultKinds.Flapping => $"the connection of {nodes} comes and goes",
            FaultKinds.Reset => $"the connections of {nodes} are reset",
            FaultKinds.Slow => $"the network is slow, up to {Seconds(Delay)}",
            _ => Kind.ToString(),
        };
        return Kind == FaultKinds.Reset ? what : $"{what} for {Seconds(Duration)}";
    }

    internal void Check()
    {
        var needed = Kind switch
        {
            FaultKinds.Slow => 0,
            FaultKinds.OneWay or FaultKinds.Flapping or FaultKinds.Reset => 2,
            _ => 1,
        };
        if (!int.IsPow2((int)Kind) || (Kind & FaultKinds.All) == 0)
            throw new ArgumentException($"{Kind} is not one kind of fault. Choose one of {nameof(FaultKinds)}.");
        if (Nodes is null || Nodes.Count < needed || (needed == 2 && Nodes.Count > 2))
            throw new ArgumentException($"A fault of the kind {Kind} needs {(needed == 2 ? "two nodes" : "a node")}. Name them in {nameof(Nodes)}.");
        ArgumentOutOfRangeException.ThrowIfLessThan(At, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Duration, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Delay, TimeSpan.Zero);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
