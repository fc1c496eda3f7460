using System.Globalization;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// The faults that chance has injected into a run. Each has a name: its source and its number there. A run that is given the names of another run's faults
/// injects only those, which is how a failing run is shrunk.
/// </summary>
/// <remarks>Invariant: a fault that is left out draws the same random numbers, so that the later ones of its source are the same.</remarks>
internal sealed class FaultLog(Func<TimeSpan> now, IReadOnlyList<string>? only)
{
    private readonly HashSet<string>? _only = only?.ToHashSet(StringComparer.Ordinal);
    private readonly Dictionary<(string Source, long Number), bool> _known = [];
    private readonly List<InjectedFault> _all = [];

    /// <summary>Adds a line to the story.</summary>
    public Action<string, string> Tell { get; init; } = static (_, _) => { };

    /// <summary>The faults so far, in the order in which they were injected.</summary>
    public IReadOnlyList<InjectedFault> All => _all;

    /// <summary>Chance has chosen a fault.</summary>
    /// <param name="source">Where.</param>
    /// <param name="number">Which one of this source.</param>
    /// <param name="what">What it is; the name of the source if null.</param>
    /// <param name="isTold">False if the fault tells itself.</param>
    /// <returns>False if it is left out.</returns>
    public bool Occurs(string source, long number, string? what = null, bool isTold = true)
    {
        if (_known.TryGetValue((source, number), out var occurs))
            return occurs;
        occurs = !IsLeftOut(source, number);
        var name = Name(source, number);
        _known.Add((source, number), occurs);
        if (!occurs)
            return false;
        _all.Add(new InjectedFault(name, now(), what ?? source));
        if (isTold)
            Tell("fault", what is null ? name : $"{name}: {what}");
        return true;
    }

    /// <summary>True if a fault does not occur even if chance chooses it.</summary>
    public bool IsLeftOut(string source, long number) => _only is not null && !_only.Contains(Name(source, number));

    private static string Name(string source, long number) => string.Create(CultureInfo.InvariantCulture, $"{source} {number}");
}
