namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>Draws planned faults.</summary>
internal static class FaultDraw
{
    public static IEnumerable<PlannedFault> Faults(Random random, IReadOnlyList<Node> nodes, FaultPlanOptions options)
    {
        var kinds = Enum.GetValues<FaultKinds>().Where(kind => int.IsPow2((int)kind) && options.Kinds.HasFlag(kind)
            && (nodes.Count > 1 || (kind & FaultKinds.Network & ~FaultKinds.Slow) == 0)).ToList();
        if (kinds.Count == 0)
            throw new ArgumentException($"{options.Kinds} need two nodes, and there is one. Add a node, or choose other kinds.", nameof(options));
        // A plan has a few kinds, so that one kind does not hide what another one alone would show.
        kinds = [.. Shuffled(random, kinds).Take(random.Next(1, Math.Min(kinds.Count, 4) + 1))];
        for (var i = random.Next(1, options.MaxFaults + 1); i > 0; i--)
            yield return One(random, kinds[random.Next(kinds.Count)], nodes, options);
    }

    private static PlannedFault One(Random random, FaultKinds kind, IReadOnlyList<Node> nodes, FaultPlanOptions options)
    {
        var shuffled = Shuffled(random, nodes);
        var count = kind switch
        {
            FaultKinds.Slow => 0,
            FaultKinds.Partition => random.Next(1, nodes.Count),
            FaultKinds.OneWay or FaultKinds.Flapping or FaultKinds.Reset => 2,
            _ => 1,
        };
        var at = options.Window * random.NextDouble();
        return new PlannedFault(kind, at, Duration(random, options.MinDuration, options.MaxDuration), [.. shuffled.Take(count)])
        {
            ClockStep = kind == FaultKinds.ClockStep ? options.MaxClockStep * (random.NextDouble() * 2 - 1) : TimeSpan.Zero,
            Delay = kind == FaultKinds.Slow ? options.MaxDelay * random.NextDouble() : TimeSpan.Zero,
        };
    }

    // Milliseconds are as likely as seconds and minutes: time-outs of very different lengths are met.
    private static TimeSpan Duration(Random random, TimeSpan least, TimeSpan most) => least * Math.Pow(most / least, random.NextDouble());

    private static T[] Shuffled<T>(Random random, IReadOnlyList<T> items)
    {
        var shuffled = items.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}
