namespace Kcopyd.Actors.TestKit;

/// <summary>How a simulation chooses among the things that can happen next.</summary>
public enum SchedulePolicyKind
{
    /// <summary>Every one is equally likely.</summary>
    Random,

    /// <summary>Each actor has a random priority, which changes a few times in a run: finds bugs that need one actor to be much slower than the
    /// others.</summary>
    Priority,

    /// <summary>The one that has waited longest: the order of a quiet machine with one processor.</summary>
    FirstInFirstOut,
}
