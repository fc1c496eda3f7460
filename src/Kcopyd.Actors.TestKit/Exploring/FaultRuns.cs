namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>Carries out the faults of a plan, which may overlap: what two of them have cut is healed when both have ended.</summary>
internal sealed class FaultRuns(World world, int maxDown)
{
    private const int Flaps = 6;

    private readonly Dictionary<(Node From, Node To), int> _cuts = [];
    private readonly List<TimeSpan> _delays = [];
    private TimeSpan _usualDelay;

    /// <summary>False if the state of the nodes does not allow a fault: two crashes of a node at the same time are one.</summary>
    public bool IsPossible(PlannedFault fault) =>
        (fault.Kind & (FaultKinds.Crashes | FaultKinds.Freeze)) == 0
        || (IsUp(fault.Nodes[0]) && world.Nodes.Count(static node => !IsUp(node)) < maxDown);

    public Task RunAsync(PlannedFault fault) => fault.Kind switch
    {
        FaultKinds.Kill => CrashAsync(fault, static node => node.Kill()),
        FaultKinds.PowerCut => CrashAsync(fault, static node => node.CutPower()),
        FaultKinds.Freeze => FreezeAsync(fault),
        FaultKinds.ClockStep => StepClockAsync(fault),
        FaultKinds.Isolate or FaultKinds.Partition => CutAsync(fault, Between(fault.Nodes, world.Nodes.Except(fault.Nodes))),
        FaultKinds.OneWay => CutAsync(fault, [(fault.Nodes[0], fault.Nodes[1])]),
        FaultKinds.Flapping => FlapAsync(fault),
        FaultKinds.Slow => SlowAsync(fault),
        _ => Reset(fault),
    };

    private static bool IsUp(Node node) => node is { IsAlive: true, IsFrozen: false };

    private static IReadOnlyList<(Node From, Node To)> Between(IEnumerable<Node> some, IEnumerable<Node> others) =>
        [.. from one in some from other in others from way in new[] { (one, other), (other, one) } select way];

    private async Task CrashAsync(PlannedFault fault, Action<Node> crash)
    {
        var node = fault.Nodes[0];
        crash(node);
        await world.DelayAsync(fault.Duration);
        if (!node.IsAlive)
            node.Start();
    }

    private async Task FreezeAsync(PlannedFault fault)
    {
        var node = fault.Nodes[0];
        var life = node.Life;
        node.Freeze();
        await world.DelayAsync(fault.Duration);
        if (node.IsFrozen && node.Life == life)
            node.Thaw();
    }

    private async Task StepClockAsync(PlannedFault fault)
    {
        var node = fault.Nodes[0];
        node.ClockSkew += fault.ClockStep;
        world.Tell(node.ToString(), fault.ToString());
        await world.DelayAsync(fault.Duration);
        node.ClockSkew -= fault.ClockStep;
        world.Tell(node.ToString(), "its clock is right again");
    }

    private async Task CutAsync(PlannedFault fault, IReadOnlyList<(Node From, Node To)> ways)
    {
        Cut(ways);
        await world.DelayAsync(fault.Duration);
        Heal(ways);
    }

    private async Task FlapAsync(PlannedFault fault)
    {
        var ways = Between([fault.Nodes[0]], [fault.Nodes[1]]);
        for (var i = 0; i < Flaps; i++)
        {
            Cut(ways);
            await world.DelayAsync(fault.Duration / (2 * Flaps));
            Heal(ways);
            await world.DelayAsync(fault.Duration / (2 * Flaps));
        }
    }

    // The longest of the delays at a time counts.
    private async Task SlowAsync(PlannedFault fault)
    {
        var network = world.Network;
        if (_delays.Count == 0)
            _usualDelay = network.MaxDelay;
        _delays.Add(fault.Delay);
        network.MaxDelay = Longest(_delays.Max(), _usualDelay);
        world.Tell("network", fault.ToString());
        await world.DelayAsync(fault.Duration);
        _delays.Remove(fault.Delay);
        network.MaxDelay = Longest(_delays.Count == 0 ? TimeSpan.Zero : _delays.Max(), _usualDelay);
        world.Tell("network", "is as fast as before");
    }

    private Task Reset(PlannedFault fault)
    {
        world.Network.ResetConnections(fault.Nodes[0], fault.Nodes[1]);
        return Task.CompletedTask;
    }

    private void Cut(IReadOnlyList<(Node From, Node To)> ways)
    {
        foreach (var way in ways)
        {
            if ((_cuts[way] = _cuts.GetValueOrDefault(way) + 1) == 1)
                world.Network.Cut(way.From, way.To);
        }
    }

    private void Heal(IReadOnlyList<(Node From, Node To)> ways)
    {
        foreach (var way in ways)
        {
            if (--_cuts[way] == 0)
                world.Network.Heal(way.From, way.To);
        }
    }

    private static TimeSpan Longest(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
