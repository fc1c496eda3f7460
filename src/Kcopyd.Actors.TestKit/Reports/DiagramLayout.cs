using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>Where everything is in a diagram: one column for each participant, grouped by node, and one row for each event.</summary>
internal sealed class DiagramLayout
{
    /// <summary>A larger picture would be unreadable.</summary>
    public const int MaxEvents = 150;

    public const double RowHeight = 20;
    public const double ColumnWidth = 170;
    public const double Margin = 130;           // for the time and the step of each row
    public const double GroupTop = 56;
    public const double NamesTop = GroupTop + 22;
    public const double RowsTop = NamesTop + 36;
    public const double SideWidth = 640;        // for the lines of the story
    public const double Line = 16;

    private readonly List<Participant> _columns;
    private readonly Dictionary<long, int> _rows = [];     // by order

    public DiagramLayout(Run run, int failureLines)
    {
        var all = ReportEvent.Of(run, withMessages: true);
        Events = all.Count <= MaxEvents ? all : all.GetRange(all.Count - MaxEvents, MaxEvents);
        Cut = all.Count - Events.Count;
        for (var row = 0; row < Events.Count; row++)
            _rows[Events[row].Moment.Order] = row;
        var nodes = run.Engine.Processes.Select(static process => process.Name).Distinct().ToList();
        // A stable sort: within a node, actors are in the order in which they appear. The test is not a node, so it comes first.
        _columns = [.. Participants().Distinct().OrderBy(participant => nodes.IndexOf(participant.Node))];
        Groups = [.. _columns.Select(static (participant, index) => (participant.Node, Index: index)).GroupBy(static column => column.Node)
            .Select(group => new DiagramGroup(group.Key, Left(group.First().Index), Left(group.Last().Index + 1)))];
        Bottom = RowsTop + Math.Max(1, Events.Count) * RowHeight;
        SideLeft = Left(_columns.Count) + 16;
        Width = SideLeft + SideWidth;
        Height = Bottom + 32 + failureLines * Line + 16;
    }

    public IReadOnlyList<ReportEvent> Events { get; }

    /// <summary>The events before the first one that is shown.</summary>
    public int Cut { get; }

    public IReadOnlyList<Participant> Columns => _columns;

    public IReadOnlyList<DiagramGroup> Groups { get; }

    public double Bottom { get; }

    public double SideLeft { get; }

    public double Width { get; }

    public double Height { get; }

    /// <summary>The middle of a row.</summary>
    public static double Y(int row) => RowsTop + (row + 0.5) * RowHeight;

    /// <summary>The lifeline of a participant.</summary>
    public double X(Participant participant) => Left(_columns.IndexOf(participant)) + ColumnWidth / 2;

    /// <summary>The row of a moment; -1 if it is not shown.</summary>
    public int Row(Moment moment) => _rows.GetValueOrDefault(moment.Order, -1);

    private static double Left(int column) => Margin + column * ColumnWidth;

    private IEnumerable<Participant> Participants()
    {
        foreach (var item in Events)
        {
            if (item.Message?.From is { } from)
                yield return from;
            if (item.Message?.To is { } to)
                yield return to;
        }
    }
}

/// <summary>The columns of a node.</summary>
/// <param name="Node">Its name; empty for the test.</param>
/// <param name="Left">The left edge.</param>
/// <param name="Right">The right edge.</param>
internal sealed record DiagramGroup(string Node, double Left, double Right);
