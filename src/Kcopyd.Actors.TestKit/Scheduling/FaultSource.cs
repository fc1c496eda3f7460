namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>A fault that chance may inject at many moments, which are numbered.</summary>
internal sealed class FaultSource(FaultLog faults, string name)
{
    private long _moments;

    /// <summary>One of the moments: draws whether the fault occurs.</summary>
    /// <param name="random">The source of chance, which is not used if the rate is 0.</param>
    /// <param name="rate">The probability, from 0 to 1.</param>
    public bool Occurs(Random random, double rate)
    {
        if (rate <= 0)
            return false;
        _moments++;
        return random.NextDouble() < rate && faults.Occurs(name, _moments);
    }
}
