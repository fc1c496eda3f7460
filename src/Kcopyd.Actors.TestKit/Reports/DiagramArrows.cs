using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>Draws the messages of a diagram: from the lifeline and the row where one was sent to those where it was processed.</summary>
internal sealed class DiagramArrows(DiagramLayout layout, SvgWriter svg)
{
    private const double LetterWidth = 6.7;
    private const double TimerDistance = 34;
    private const double LoopWidth = 30;
    private const int MaxLabel = 40;
    private const int FarRows = 6;          // an arrow of this height has its label at both ends

    public void Write(MessageView message)
    {
        var (sent, processed) = (layout.Row(message.Sent), message.Fate == MessageFate.Waits ? -1 : layout.Row(message.Processed));
        var to = layout.X(message.To);
        var from = message.From is { } origin ? layout.X(origin) : to - TimerDistance;
        if (sent < 0)
        {
            // Sent before the first row.
            Arrow("arrow", "head", to - TimerDistance, DiagramLayout.Y(processed), to - 4, DiagramLayout.Y(processed));
            Label(message.Text, to - 6, DiagramLayout.Y(processed) - 4, leftwards: true);
            return;
        }
        var y = DiagramLayout.Y(sent);
        if (message.From is null)
            svg.Circle("timer", from, y, 3);
        switch (message)
        {
            case { Kind: MessageKind.Wakes }:
                Arrow("wakes", null, from, y, to, y);
                break;
            case { Fate: MessageFate.Waits }:
                Open(message.IsLost, from, y, to);
                break;
            case { Kind: MessageKind.DeadLetter }:
                Open(isLost: true, from, y, to);
                break;
            case { Fate: MessageFate.DeadLetter }:
                svg.Line("lost", from, y, to, DiagramLayout.Y(processed));
                Cross(to, DiagramLayout.Y(processed));
                break;
            case { From: null }:
                Arrow("timer", "timer-head", from + 3, y, to - 4, DiagramLayout.Y(processed));
                break;
            case var _ when from == to:
                Loop(to, y, DiagramLayout.Y(processed));
                break;
            default:
                Arrow("arrow", "head", from, y, to < from ? to + 4 : to - 4, DiagramLayout.Y(processed));
                break;
        }
        Label(Text(message), from == to ? from + LoopWidth : from, y - 4, leftwards: to < from || message.From is null);
        if (processed - sent > FarRows)
            Label(message.Text, to, DiagramLayout.Y(processed) - 4, leftwards: to > from, style: "note halo");
    }

    private static string Text(MessageView message) => message.Kind switch
    {
        MessageKind.Unstashed => $"unstashed {message.Text}",
        MessageKind.DeadLetter => $"{message.Text} (dead letter)",
        _ when message.IsLost => $"{message.Text} (lost)",
        _ when message.Fate == MessageFate.Waits => $"{message.Text} (waits)",
        _ => message.IsAsk && message.Kind != MessageKind.Wakes ? $"{message.Text} ?" : message.Text,
    };

    private void Label(string text, double x, double y, bool leftwards, string style = "halo")
    {
        var space = leftwards ? x - DiagramLayout.Margin : layout.Width - x;
        var label = MessageText.Short(text, Math.Clamp((int)(space / LetterWidth), 4, MaxLabel));
        svg.Label(leftwards ? $"{style} end" : style, leftwards ? x - 8 : x + 8, y, label, text);
    }

    private void Open(bool isLost, double from, double y, double to)
    {
        var end = from == to ? to + LoopWidth : to;
        svg.Line(isLost ? "lost" : "waits", from, y, end, y);
        if (isLost)
            Cross(end, y);
        else
            svg.Circle("waits", end, y, 4);
    }

    private void Loop(double x, double y, double end)
    {
        svg.Path("arrow", $"M{x:0.#} {y:0.#} H{x + LoopWidth:0.#} V{end:0.#} H{x + 4:0.#}");
        svg.Path("head", $"M{x + 4:0.#} {end:0.#} l8 -4 v8 z");
    }

    private void Cross(double x, double y) => svg.Path("lost", $"M{x - 5:0.#} {y - 5:0.#} l10 10 m0 -10 l-10 10");

    private void Arrow(string style, string? head, double x1, double y1, double x2, double y2)
    {
        svg.Line(style, x1, y1, x2, y2);
        var length = Math.Sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1));
        if (length == 0)
            return;
        // Two points behind the tip, on either side of the line.
        var (dx, dy) = ((x2 - x1) / length, (y2 - y1) / length);
        var (leftX, leftY) = (x2 - 9 * dx - 4 * dy, y2 - 9 * dy + 4 * dx);
        var (rightX, rightY) = (x2 - 9 * dx + 4 * dy, y2 - 9 * dy - 4 * dx);
        if (head is null)
            svg.Path(style, $"M{leftX:0.#} {leftY:0.#} L{x2:0.#} {y2:0.#} L{rightX:0.#} {rightY:0.#}");
        else
            svg.Path(head, $"M{x2:0.#} {y2:0.#} L{leftX:0.#} {leftY:0.#} L{rightX:0.#} {rightY:0.#} z");
    }
}
