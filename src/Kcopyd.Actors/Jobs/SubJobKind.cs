namespace Kcopyd.Actors.Jobs;

/// <summary>What a sub-job is about.</summary>
internal enum SubJobKind
{
    /// <summary>What its phase does: reads and writes, clones, flushes, reads back and compares.</summary>
    Data,
    /// <summary>Makes a range of every destination zero; nothing is read.</summary>
    Zeroes,
    /// <summary>The reader looks for holes; the writers have no part in it.</summary>
    Map,
}
