using Kcopyd.Actors.TestKit.Exploring;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// Faults of nodes and of their network, at given times: drawn from the seed, or written down by the test. When a failing run is shrunk, faults that it does
/// not need are left out.
/// </summary>
public sealed class FaultPlan
{
    private readonly World _world;
    private readonly string _name;
    private readonly int _maxDown;

    /// <summary>Creates a plan that the test has written down.</summary>
    /// <param name="world">The world.</param>
    /// <param name="faults">The faults, in any order.</param>
    /// <exception cref="ArgumentException">A fault lacks something.</exception>
    public FaultPlan(World world, IEnumerable<PlannedFault> faults)
        : this(world, faults, int.MaxValue)
    {
    }

    private FaultPlan(World world, IEnumerable<PlannedFault> faults, int maxDown)
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentNullException.ThrowIfNull(faults);
        (_world, _maxDown) = (world, maxDown);
        Faults = [.. faults.OrderBy(static fault => fault.At)];
        foreach (var fault in Faults)
            fault.Check();
        _name = world.NamePlan();
    }

    /// <summary>The faults, in the order of their times.</summary>
    public IReadOnlyList<PlannedFault> Faults { get; }

    /// <summary>Draws a plan from the world's seed.</summary>
    /// <param name="world">The world.</param>
    /// <param name="options">What it is drawn from; the defaults if null.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the kinds need more nodes than there are.</exception>
    public static FaultPlan Draw(World world, FaultPlanOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(world);
        options ??= new FaultPlanOptions();
        options.Check();
        var nodes = options.Nodes ?? world.Nodes;
        if (nodes.Count == 0)
            throw new ArgumentException("There are no nodes to which something could happen. Add nodes first.", nameof(options));
        return new FaultPlan(world, FaultDraw.Faults(world.Engine.Random["faults"], nodes, options),
            options.MaxNodesDown ?? Math.Max(1, (nodes.Count - 1) / 2));
    }

    /// <summary>Runs the plan.</summary>
    /// <returns>Completes when every fault has ended: the nodes run again, and what the plan has cut is healed.</returns>
    public Task RunAsync()
    {
        var runs = new FaultRuns(_world, _maxDown);
        return Task.WhenAll(Faults.Select((fault, number) => RunAsync(runs, fault, number)));
    }

    private async Task RunAsync(FaultRuns runs, PlannedFault fault, int number)
    {
        var faults = _world.Engine.Faults;
        if (faults.IsLeftOut(_name, number + 1))
            return;     // and nothing waits for its time
        await _world.DelayAsync(fault.At);
        if (runs.IsPossible(fault) && faults.Occurs(_name, number + 1, fault.ToString(), isTold: false))
            await runs.RunAsync(fault);
    }
}
