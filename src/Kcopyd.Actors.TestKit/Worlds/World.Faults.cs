using System.Globalization;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit;

/// <content>Faults that chance injects. Each has a name, so that shrinking a failing run can leave it out.</content>
public sealed partial class World
{
    private readonly Dictionary<string, FaultSource> _faults = new(StringComparer.Ordinal);
    private int _plans;

    /// <summary>The faults that chance has injected so far: those of disks, of a <see cref="FaultPlan"/>, and of <see cref="FaultOccurs"/>.</summary>
    public IReadOnlyList<InjectedFault> InjectedFaults => Engine.Faults.All;

    /// <summary>Draws whether a fault that the test itself injects occurs now. When a failing run is shrunk, faults that it does not need are left
    /// out.</summary>
    /// <param name="what">Names the fault, such as "the reply is lost".</param>
    /// <param name="rate">The probability, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not a probability.</exception>
    public bool FaultOccurs(string what, double rate)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        if (!(rate is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "The rate is a probability: from 0 to 1.");
        if (!_faults.TryGetValue(what, out var source))
            _faults.Add(what, source = new FaultSource(Engine.Faults, what));
        return source.Occurs(Engine.Random[$"fault/{what}"], rate);
    }

    /// <summary>Draws what is wrong with a disk, as <see cref="DiskFaults.Draw"/> does. When a failing run is shrunk, what it does not need is left
    /// out.</summary>
    /// <param name="disk">The disk's name, which also names the source of chance.</param>
    /// <param name="length">The disk's length in bytes.</param>
    /// <param name="kinds">What may be wrong.</param>
    /// <param name="blockSize">The disk's logical block size in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the block size is below 1.</exception>
    public DiskFaults DrawDiskFaults(
        string disk, long length, DiskFaultKinds kinds = DiskFaultKinds.Reported, int blockSize = IoRegion.SectorSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(disk);
        var drawn = DiskFaults.Draw(RandomFor($"faults/{disk}"), length, kinds, blockSize);
        return drawn with
        {
            BadReads = Needed("has ranges that cannot be read", drawn.BadReads.Count > 0) ? drawn.BadReads : [],
            BadWrites = Needed("has ranges that cannot be written", drawn.BadWrites.Count > 0) ? drawn.BadWrites : [],
            FailsAt = Needed("fails once", drawn.FailsAt > 0) ? drawn.FailsAt : 0,
            ThrowsAt = Needed("throws once", drawn.ThrowsAt > 0) ? drawn.ThrowsAt : 0,
            CloneThrows = Needed("throws when it clones", drawn.CloneThrows),
            RefusesZeroes = Needed("refuses to write zeroes", drawn.RefusesZeroes),
            GarblesAt = Needed("garbles a write", drawn.GarblesAt > 0) ? drawn.GarblesAt : 0,
            TornBlockRate = Needed("tears blocks at a power cut", drawn.TornBlockRate > 0) ? drawn.TornBlockRate : 0,
        };

        bool Needed(string what, bool isDrawn) => isDrawn && Engine.Faults.Occurs($"{disk} {what}", 1);
    }

    /// <summary>A name for the faults of a plan.</summary>
    internal string NamePlan() => ++_plans == 1 ? "plan" : string.Create(CultureInfo.InvariantCulture, $"plan-{_plans}");
}
