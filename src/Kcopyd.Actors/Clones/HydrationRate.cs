namespace Kcopyd.Actors.Clones;

/// <summary>How fast regions become hydrated: a moving average, for the estimate of the time left.</summary>
internal sealed class HydrationRate
{
    private const double Weight = 0.25;         // of a new measurement

    private TimeSpan _at;
    private long _regions = -1;
    private double _rate;
    private bool _isKnown;

    /// <summary>Regions per second; 0 if unknown.</summary>
    public double RegionsPerSecond => _isKnown ? _rate : 0;

    /// <summary>Takes a measurement.</summary>
    /// <param name="now">The scheduler's time.</param>
    /// <param name="hydrated">Hydrated regions.</param>
    public void Add(TimeSpan now, long hydrated)
    {
        var seconds = (now - _at).TotalSeconds;
        if (_regions >= 0 && seconds > 0)
        {
            var rate = Math.Max(hydrated - _regions, 0) / seconds;
            _rate = _isKnown ? _rate + (Weight * (rate - _rate)) : rate;
            _isKnown = true;
        }
        if (_regions < 0 || seconds > 0)
            (_at, _regions) = (now, hydrated);
    }
}
