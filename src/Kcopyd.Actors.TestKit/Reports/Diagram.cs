using System.Globalization;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>A sequence diagram of the last events of a run: who sent what to whom, when it was processed, and what happened to the nodes.</summary>
internal sealed class Diagram
{
    private const double LetterWidth = 6.7;
    private const int MaxFailureLines = 12;

    private readonly Run _run;
    private readonly DiagramLayout _layout;
    private readonly SvgWriter _svg;
    private readonly string[] _failure;

    private Diagram(Run run, DiagramLayout layout, SvgWriter svg, string[] failure) => (_run, _layout, _svg, _failure) = (run, layout, svg, failure);

    /// <param name="run">The run.</param>
    /// <param name="writer">Gets the picture.</param>
    /// <param name="failure">Why the run failed; null if it did not.</param>
    public static void Write(Run run, TextWriter writer, string? failure)
    {
        var lines = failure?.ReplaceLineEndings("\n").Split('\n').Take(MaxFailureLines).ToArray() ?? [];
        var layout = new DiagramLayout(run, lines.Length);
        using var svg = new SvgWriter(writer, layout.Width, layout.Height);
        new Diagram(run, layout, svg, lines).Write();
    }

    private void Write()
    {
        WriteTitle();
        foreach (var group in _layout.Groups)
            WriteGroup(group);
        for (var row = 0; row < _layout.Events.Count; row++)
            WriteRow(row);
        var arrows = new DiagramArrows(_layout, _svg);
        // An arrow belongs to the row where its message was sent or, if that is cut off, where it was processed.
        foreach (var message in _layout.Events.Select(static item => item.Message).OfType<MessageView>().Distinct())
            arrows.Write(message);
        WriteFailure();
    }

    private void WriteTitle()
    {
        _svg.Label("title", 12, 24, string.Create(CultureInfo.InvariantCulture,
            $"Seed {_run.Seed}, {_run.Engine.Steps:n0} steps, {_run.Engine.Now.TotalSeconds:0.######} s of simulated time"));
        if (_layout.Cut > 0 || _run.Engine.Messages.Dropped > 0)
        {
            _svg.Label("note", 12, 42, string.Create(CultureInfo.InvariantCulture, $"The last {_layout.Events.Count} events."
                + $" {_layout.Cut:n0} earlier ones are cut off, and {_run.Engine.Messages.Dropped:n0} earlier messages are not recorded."));
        }
    }

    private void WriteGroup(DiagramGroup group)
    {
        if (group.Node.Length > 0)
        {
            _svg.Rectangle("group", group.Left + 3, DiagramLayout.GroupTop, group.Right - group.Left - 6, _layout.Bottom - DiagramLayout.GroupTop, 6);
            _svg.Label("node", (group.Left + group.Right) / 2, DiagramLayout.GroupTop + 15, Fit(group.Node, group.Right - group.Left));
        }
        var columns = _layout.Columns.Where(column => column.Node == group.Node).ToList();
        foreach (var column in columns)
        {
            _svg.Rectangle("box", _layout.X(column) - DiagramLayout.ColumnWidth / 2 + 8, DiagramLayout.NamesTop, DiagramLayout.ColumnWidth - 16, 22, 3);
            _svg.Label("name", _layout.X(column), DiagramLayout.NamesTop + 15, FitEnd(column.Name, DiagramLayout.ColumnWidth - 20), column.Name);
        }
        WriteLives(group, columns);
    }

    // A lifeline has gaps where its node is dead. What happened before the first row follows from the first change that is shown.
    private void WriteLives(DiagramGroup group, List<Participant> columns)
    {
        var changes = _layout.Events.Where(item => item.Line is { } line && line.Node == group.Node && line.Change != NodeChange.None).ToList();
        var start = DiagramLayout.NamesTop + 22;
        var alive = changes is not [{ Line.Change: NodeChange.Starts }, ..] ? start : (double?)null;
        var frozen = changes is [{ Line.Change: NodeChange.Thaws }, ..] ? start : (double?)null;
        foreach (var change in changes)
        {
            var y = DiagramLayout.Y(_layout.Row(change.Moment));
            switch (change.Line!.Change)
            {
                case NodeChange.Starts:
                    alive ??= y;
                    break;
                case NodeChange.Freezes:
                    frozen ??= y;
                    break;
                default:
                    Freeze(y);
                    if (change.Line.Change == NodeChange.Ends)
                        End(y, marks: true);
                    break;
            }
        }
        Freeze(_layout.Bottom);
        End(_layout.Bottom, marks: false);

        void Freeze(double to)
        {
            if (frozen is { } from)
                _svg.Rectangle("frozen", group.Left + 3, from, group.Right - group.Left - 6, to - from);
            frozen = null;
        }

        void End(double to, bool marks)
        {
            foreach (var x in columns.Select(_layout.X))
            {
                if (alive is { } from)
                    _svg.Line("life", x, from, x, to);
                if (marks)
                    _svg.Path("lost", $"M{x - 6:0.#} {to - 6:0.#} L{x + 6:0.#} {to + 6:0.#} M{x + 6:0.#} {to - 6:0.#} L{x - 6:0.#} {to + 6:0.#}");
            }
            alive = null;
        }
    }

    private void WriteRow(int row)
    {
        var item = _layout.Events[row];
        var y = DiagramLayout.Y(row);
        if (row == 0 || _layout.Events[row - 1].Moment.Step != item.Moment.Step)
        {
            var time = string.Create(CultureInfo.InvariantCulture, $"{item.Moment.Time.TotalSeconds:0.000} #{item.Moment.Step}");
            _svg.Label("time end", DiagramLayout.Margin - 8, y + 4, time);
        }
        if (item.Line is { } line)
        {
            _svg.Line("rule", DiagramLayout.Margin, y, _layout.SideLeft - 4, y);
            var text = MessageText.Short($"{line.Who}: {line.What}", int.MaxValue);
            var style = line.Change is NodeChange.Ends or NodeChange.Freezes ? "change" : "side";
            _svg.Label(style, _layout.SideLeft, y + 4, Fit(text, DiagramLayout.SideWidth), text);
        }
        else if (item.IsProcessing && item.Message!.Fate == MessageFate.Processed)
        {
            // The actor is active until the last thing that it does in this step.
            var last = row;
            while (last + 1 < _layout.Events.Count && _layout.Events[last + 1].Moment.Step == item.Moment.Step)
                last++;
            _svg.Rectangle("active", _layout.X(item.Message.To) - 4, y - 5, 8, (last - row) * DiagramLayout.RowHeight + 10);
        }
    }

    private void WriteFailure()
    {
        if (_failure.Length == 0)
            return;
        var top = _layout.Bottom + 16;
        _svg.Rectangle("failure", 8, top, _layout.Width - 16, _failure.Length * DiagramLayout.Line + 12, 4);
        for (var i = 0; i < _failure.Length; i++)
            _svg.Label("failed", 18, top + 18 + i * DiagramLayout.Line, Fit(MessageText.Short(_failure[i], int.MaxValue), _layout.Width - 40));
    }

    private static string Fit(string text, double width) => MessageText.Short(text, Math.Max(4, (int)(width / LetterWidth)));

    // The end of a path tells more than its beginning.
    private static string FitEnd(string path, double width)
    {
        var length = (int)(width / LetterWidth);
        return path.Length <= length ? path : $"…{path[^(length - 1)..]}";
    }
}
