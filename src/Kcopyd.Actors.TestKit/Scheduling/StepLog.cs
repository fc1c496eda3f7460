using System.Globalization;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The steps of a run: the last ones, for the message of a failure, or all of them, to find the first one in which two runs differ.</summary>
internal sealed class StepLog(bool recordsAll)
{
    private const int Recent = 32;

    private readonly (TimeSpan Now, int Choice, int Of, Step Step)[] _recent = new (TimeSpan, int, int, Step)[Recent];
    private readonly List<string> _all = [];
    private long _count;

    /// <summary>Every step, if it was asked for.</summary>
    public IReadOnlyList<string> All => _all;

    public void Add(TimeSpan now, int choice, int of, in Step step)
    {
        if (recordsAll)
            _all.Add(Describe(now, choice, of, step));
        _recent[_count++ % Recent] = (now, choice, of, step);
    }

    /// <summary>The last steps, the latest last.</summary>
    public IEnumerable<string> Last()
    {
        for (var i = Math.Max(0, _count - Recent); i < _count; i++)
        {
            var (now, choice, of, step) = _recent[i % Recent];
            yield return Describe(now, choice, of, step);
        }
    }

    private static string Describe(TimeSpan now, int choice, int of, in Step step) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.TotalSeconds,12:f6} {choice + 1} of {of}: {step}");
}
