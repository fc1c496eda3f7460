using System.Globalization;
using System.Xml;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>Writes the elements of a picture. Classes give them their colors.</summary>
internal sealed class SvgWriter : IDisposable
{
    private const string Namespace = "http://www.w3.org/2000/svg";

    // A viewer that prefers dark colors gets them; one that knows no preference, such as a converter, gets the light ones.
    private const string Style = """

        text { font: 11px ui-monospace, 'DejaVu Sans Mono', Consolas, monospace; fill: #24292f; }
        .title { font-size: 15px; font-weight: bold; }
        .node { font-weight: bold; text-anchor: middle; }
        .name { text-anchor: middle; }
        .note, .time { fill: #6e7781; }
        .halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
        .end { text-anchor: end; }
        .background { fill: #ffffff; }
        .group { fill: #f6f8fa; stroke: #d0d7de; }
        .box { fill: #ffffff; stroke: #8c959f; }
        .life { stroke: #8c959f; }
        .rule { stroke: #eaeef2; }
        .active { fill: #ddf4ff; stroke: #0969da; }
        .frozen { fill: #54aeff; fill-opacity: 0.25; }
        .arrow { stroke: #0969da; fill: none; stroke-width: 1.3px; }
        .head { fill: #0969da; }
        .timer { stroke: #8250df; fill: none; stroke-width: 1.3px; }
        .timer-head { fill: #8250df; }
        .waits { stroke: #9a6700; fill: none; stroke-dasharray: 5 3; stroke-width: 1.3px; }
        .wakes { stroke: #1a7f37; fill: none; stroke-dasharray: 2 3; stroke-width: 1.3px; }
        .lost { stroke: #cf222e; fill: none; stroke-width: 1.6px; }
        .change { fill: #cf222e; font-weight: bold; }
        .failure { fill: #ffebe9; stroke: #cf222e; }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3; }
          .note, .time { fill: #8d96a0; }
          .halo { stroke: #0d1117; }
          .background { fill: #0d1117; }
          .group { fill: #161b22; stroke: #30363d; }
          .box { fill: #0d1117; stroke: #6e7681; }
          .life { stroke: #6e7681; }
          .rule { stroke: #21262d; }
          .active { fill: #0c2d6b; stroke: #58a6ff; }
          .arrow { stroke: #58a6ff; }
          .head { fill: #58a6ff; }
          .timer { stroke: #bc8cff; }
          .timer-head { fill: #bc8cff; }
          .waits { stroke: #d29922; }
          .wakes { stroke: #3fb950; }
          .lost { stroke: #f85149; }
          .change { fill: #f85149; }
          .failure { fill: #490202; stroke: #f85149; }
        }

        """;

    private readonly XmlWriter _xml;

    public SvgWriter(TextWriter writer, double width, double height)
    {
        // The encoding is the text writer's: a declaration could contradict it.
        _xml = XmlWriter.Create(writer, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, CloseOutput = false });
        _xml.WriteStartElement("svg", Namespace);
        Write("width", width);
        Write("height", height);
        _xml.WriteAttributeString("viewBox", $"0 0 {Text(width)} {Text(height)}");
        _xml.WriteElementString("style", Namespace, Style);
        Rectangle("background", 0, 0, width, height);
    }

    public void Rectangle(string style, double left, double top, double width, double height, double radius = 0)
    {
        Start("rect", style);
        Write("x", left);
        Write("y", top);
        Write("width", width);
        Write("height", height);
        if (radius > 0)
            Write("rx", radius);
        _xml.WriteEndElement();
    }

    public void Line(string style, double x1, double y1, double x2, double y2)
    {
        Start("line", style);
        Write("x1", x1);
        Write("y1", y1);
        Write("x2", x2);
        Write("y2", y2);
        _xml.WriteEndElement();
    }

    public void Circle(string style, double x, double y, double radius)
    {
        Start("circle", style);
        Write("cx", x);
        Write("cy", y);
        Write("r", radius);
        _xml.WriteEndElement();
    }

    /// <param name="style">The classes.</param>
    /// <param name="path">Letters and coordinates.</param>
    public void Path(string style, FormattableString path)
    {
        Start("path", style);
        _xml.WriteAttributeString("d", path.ToString(CultureInfo.InvariantCulture));
        _xml.WriteEndElement();
    }

    /// <param name="style">The classes.</param>
    /// <param name="x">The anchor, which the classes place.</param>
    /// <param name="y">The base line.</param>
    /// <param name="text">The text.</param>
    /// <param name="tip">What a viewer shows when it is pointed at; null for nothing.</param>
    public void Label(string style, double x, double y, string text, string? tip = null)
    {
        Start("text", style);
        Write("x", x);
        Write("y", y);
        _xml.WriteString(text);
        if (tip is not null)
            _xml.WriteElementString("title", Namespace, tip);
        _xml.WriteEndElement();
    }

    public void Dispose()
    {
        _xml.WriteEndElement();
        _xml.Dispose();
    }

    private static string Text(double value) => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);

    private void Start(string element, string style)
    {
        _xml.WriteStartElement(element, Namespace);
        _xml.WriteAttributeString("class", style);
    }

    private void Write(string name, double value) => _xml.WriteAttributeString(name, Text(value));
}
