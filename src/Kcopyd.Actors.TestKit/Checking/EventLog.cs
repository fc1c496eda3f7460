using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>Numbered events, and the story that they tell.</summary>
internal sealed class EventLog
{
    private readonly List<(string Client, string What, TimeSpan? At)> _events = [];

    public int Count => _events.Count;

    public void Add(string client, string what, TimeSpan? at) => _events.Add((client, what, at));

    /// <summary>One line for each event: position, virtual time if any event has one, client, and what happened.</summary>
    public string Story()
    {
        var width = _events.Count == 0 ? 0 : _events.Max(e => e.Client.Length);
        var timeWidth = _events.Count == 0 ? 0 : _events.Max(e => Text.Time(e.At).Length);
        var story = new StringBuilder();
        for (var i = 0; i < _events.Count; i++)
        {
            var (client, what, at) = _events[i];
            story.Append(CultureInfo.InvariantCulture, $"{i,6}  ");
            if (timeWidth > 0)
                story.Append(Text.Time(at).PadLeft(timeWidth)).Append("  ");
            if (width > 0)
                story.Append(client.PadRight(width)).Append("  ");
            story.Append(what).Append('\n');
        }
        return story.ToString();
    }
}
