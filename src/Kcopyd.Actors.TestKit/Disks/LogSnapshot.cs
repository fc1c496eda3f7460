namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What happens to an I/O at a time of the log.</summary>
internal enum LogEventKind
{
    Issued,
    Completed,
    Failed,
    Doomed,
    Durable,
}

internal readonly record struct LogEvent(long Time, LogEventKind Kind, LoggedIo Io, long Reach);

/// <summary>The events of a log up to a time, in the order in which they happened. Flushes are events of the writes that they cover.</summary>
internal sealed record LogSnapshot(long Now, LoggedDisk[] Disks, LogEvent[] Events)
{
    /// <summary>Takes the snapshot; the caller holds the log's lock.</summary>
    public static LogSnapshot Of(long now, List<LoggedDisk> disks, List<LoggedIo> ios)
    {
        var events = new List<LogEvent>(ios.Count * 3);
        foreach (var io in ios)
        {
            var reach = io.Reach;
            if (reach == 0)
                continue;
            events.Add(new(io.Issued, LogEventKind.Issued, io, reach));
            if (io.Completed != LoggedIo.Never)
                events.Add(new(io.Completed, io.HasFailed ? LogEventKind.Failed : LogEventKind.Completed, io, reach));
            if (io.Doomed != LoggedIo.Never)
                events.Add(new(io.Doomed, LogEventKind.Doomed, io, reach));
            if (io.Durable != LoggedIo.Never)
                events.Add(new(io.Durable, LogEventKind.Durable, io, reach));
        }
        // A flush makes its writes durable in the order in which they were carried out.
        events.Sort(static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time)
            : a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind)
            : a.Io.Completed != b.Io.Completed ? a.Io.Completed.CompareTo(b.Io.Completed)
            : a.Io.Number.CompareTo(b.Io.Number));
        return new(now, [.. disks], [.. events]);
    }
}
