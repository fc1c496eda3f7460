namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// The states in which a power cut could have left the disks of a recorded run. A test lets the code under test recover from each of them, and checks that
/// nothing is missing that had been acknowledged and flushed.
/// </summary>
/// <remarks>
/// <para>All disks lose power at the same time. A sector that was not durable then shows any version that it had since the last durable one, regardless of
/// all other sectors. A disk writes a sector as a whole: a write to a part of it is there only together with the older ones that were in the cache. A write in
/// flight, a failed write, and one that was acknowledged before a failed flush may be there or not. See <see cref="WriteLog"/> for
/// what makes a write durable, and <see cref="PowerCutOptions"/> for other disks.</para>
/// <para>The same log and options yield the same cuts. The log is read when the enumeration begins, also while I/Os are running.</para>
/// </remarks>
public static class PowerCuts
{
    /// <summary>Yields the states after a power cut at every time, from before the first I/O to now: all of them if there are few, otherwise some.</summary>
    /// <param name="log">The recorded run.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The cuts. Each is valid until the next one is requested.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The original content of a disk has not been captured yet; thrown when the enumeration begins.</exception>
    public static IEnumerable<PowerCut> Enumerate(WriteLog log, PowerCutOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        return Yield(log, (options ?? new()).Checked());
    }

    /// <summary>Repeats one cut.</summary>
    /// <param name="log">The recorded run: the same events as when the cut was found.</param>
    /// <param name="id"><see cref="PowerCut.Id"/>.</param>
    /// <param name="options">The options with which the cut was found.</param>
    /// <returns>The cut, which stays valid.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The log and options have no such cut, or an option is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The original content of a disk has not been captured yet.</exception>
    public static PowerCut Single(WriteLog log, long id, PowerCutOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        options = (options ?? new()).Checked();
        var snapshot = log.Snapshot();
        var (time, outcome) = (id / PowerCut.OutcomesOfTime, (int)(id % PowerCut.OutcomesOfTime));
        if (time > snapshot.Now)
        {
            throw new ArgumentOutOfRangeException(
                nameof(id), id, $"The power cut {id} is at time {time}, and the log ends at {snapshot.Now}: record the same run again.");
        }
        var run = new CutRun(snapshot, options);
        run.To(time);
        if (outcome >= run.Count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(id), id, $"There are {run.Count} power cuts at time {time}, so {id} is not one of them: pass the options with which it was found.");
        }
        run.Show(outcome);
        return new PowerCut(run, outcome);
    }

    private static IEnumerable<PowerCut> Yield(WriteLog log, PowerCutOptions options)
    {
        var snapshot = log.Snapshot();
        var run = new CutRun(snapshot, options);
        var last = Math.Min(options.To, snapshot.Now);
        for (var time = options.From; time <= last; time++)
        {
            run.To(time);
            for (var outcome = 0; outcome < run.Count; outcome++)
            {
                run.Show(outcome);
                var cut = new PowerCut(run, outcome);
                yield return cut;
                cut.End();
            }
        }
    }
}
