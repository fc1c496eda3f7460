namespace Kcopyd.Actors.Jobs;

/// <summary>The kind of a sub-job.</summary>
internal enum SubJobKind
{
    /// <summary>Does the work of its phase: reads and writes, clones, flushes, or reads back and compares.</summary>
    Data,
    /// <summary>Zeroes a range of every destination; nothing is read.</summary>
    Zeroes,
    /// <summary>The reader looks for holes; the writers are not involved.</summary>
    Map,
}
