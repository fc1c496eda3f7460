using System.Text.RegularExpressions;

namespace Kcopyd.Tests.Architecture;

/// <summary>The rooms of a project, which are its folders, and their floors, as listed in a table of <c>docs/architecture.md</c>: the highest floor
/// first.</summary>
internal sealed partial class Rooms
{
    private readonly string _project;
    private readonly Dictionary<string, int> _floors = new(StringComparer.Ordinal);

    /// <param name="page">The text of the page.</param>
    /// <param name="project">The project's name, as in the heading above its table.</param>
    public Rooms(string page, string project)
    {
        _project = project;
        var lines = page.Split('\n').SkipWhile(line => !line.StartsWith($"## `{project}`", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal));
        var rows = lines.Where(static line => line.StartsWith("| `", StringComparison.Ordinal));
        foreach (var cell in rows.Select(static (line, floor) => (Rooms: line.Split('|')[1], floor)))
        {
            foreach (Match room in Quoted().Matches(cell.Rooms))
                _floors.Add(room.Groups[1].Value, cell.floor);
        }
    }

    /// <summary>The folders of these files that have no floor, and the rooms that have no files.</summary>
    public IEnumerable<string> Differences(IEnumerable<string> files)
    {
        var folders = files.Select(RoomOf).ToHashSet(StringComparer.Ordinal);
        return folders.Except(_floors.Keys).Select(folder => $"{folder}: this folder of {_project} has no floor in docs/architecture.md")
            .Concat(_floors.Keys.Except(folders).Select(room => $"{room}: docs/architecture.md has this room, and {_project} has no such folder"));
    }

    /// <summary>One sentence for each use of a room that is not below the room of its user.</summary>
    public IEnumerable<string> Faults(IEnumerable<Use> uses) =>
        from use in uses
        let room = RoomOf(use.File)
        let other = RoomOf(use.OtherFile)
        where room != other && _floors[other] <= _floors[room]
        orderby room, other, use.File
        select $"{use.File} uses {use.Type} of {use.OtherFile}: {other} is {(_floors[other] < _floors[room] ? "above" : "beside")} {room}";

    private static string RoomOf(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : "(root)";

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
