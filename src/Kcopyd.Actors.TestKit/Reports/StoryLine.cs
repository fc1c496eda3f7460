using System.Collections;
using System.Globalization;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>What a line of the story says about a node.</summary>
internal enum NodeChange : byte
{
    None,
    Starts,
    Ends,
    Freezes,
    Thaws,
}

/// <summary>A line of the story.</summary>
/// <param name="Moment">When.</param>
/// <param name="Who">The node, or another part of the world.</param>
/// <param name="What">What it says.</param>
/// <param name="Change">What it says about a node.</param>
/// <param name="Node">The node that has changed.</param>
internal sealed record StoryLine(Moment Moment, string Who, string What, NodeChange Change = NodeChange.None, string? Node = null)
{
    public override string ToString() => Format(Moment, Who, What);

    public static string Format(Moment moment, string who, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{moment.Time.TotalSeconds,12:f6} {who}: {what}");
}

/// <summary>The story, whose lines become text when they are read.</summary>
internal sealed class Story : IReadOnlyList<string>
{
    private readonly List<StoryLine> _lines = [];

    public IReadOnlyList<StoryLine> Lines => _lines;

    public int Count => _lines.Count;

    public string this[int index] => _lines[index].ToString();

    public void Add(StoryLine line) => _lines.Add(line);

    public IEnumerator<string> GetEnumerator() => _lines.Select(static line => line.ToString()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
