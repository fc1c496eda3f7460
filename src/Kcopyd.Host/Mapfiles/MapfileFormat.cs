using System.Globalization;
using System.Text;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// The text of a map file: comments, a status line (position, what is being done, pass), then a line for each block (position, size,
/// status). Numbers are C's: decimal, 0x and octal.
/// </summary>
internal static class MapfileFormat
{
    private const string Phases = "?*/-FG+";
    private const string Statuses = "?*/-+";
    private const int LongestLine = 1 << 16;    // characters: the command line that ddrescue writes down has two paths

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">It is not one; the message names the line.</exception>
    public static Mapfile Read(TextReader reader)
    {
        var map = new Mapfile();
        var hasStatusLine = false;
        for (var number = 1; ReadLine(reader, number) is { } line; number++)
        {
            var fields = Fields(line);
            if (fields.Length == 0)
                continue;
            if (!hasStatusLine)
            {
                // ddrescue before 1.23 wrote no pass.
                if (fields.Length is < 2 or > 3 || !TryNumber(fields[0], out _) || !IsOneOf(Phases, fields[1]))
                    throw new FormatException($"line {number} is not a status line (position, status, pass)");
                hasStatusLine = true;
                continue;
            }
            if (fields.Length != 3 || !TryNumber(fields[0], out var position) || !TryNumber(fields[1], out var size) || !IsOneOf(Statuses, fields[2]))
                throw new FormatException($"line {number} is not a block (position, size, status)");
            if (size == 0 || size > long.MaxValue - position)
                throw new FormatException($"line {number}: a block has at least one byte, and ends before 2^63");
            if (position < map.End || (position > map.End && map.End > 0))
                throw new FormatException($"line {number}: the block begins at {position}, and the one before it ends at {map.End}");
            map.Append(new MapBlock(position, size, (MapStatus)fields[2][0]));
        }
        return map;     // an empty file is the map of an input of which nothing is known
    }

    /// <summary>Writes a map.</summary>
    /// <param name="writer">Where to; lines end in LF.</param>
    /// <param name="map">What is known.</param>
    /// <param name="position">The position that is being tried.</param>
    /// <param name="phase">What is being done: the status that is worked on, or <see cref="MapStatus.Finished"/>.</param>
    public static void Write(TextWriter writer, Mapfile map, long position, MapStatus phase)
    {
        writer.Write("# Mapfile. Created by kcopyd; the format is GNU ddrescue's\n");
        writer.Write("# current_pos  current_status  current_pass\n");
        writer.Write($"0x{position:X8}     {(char)phase}               1\n");
        writer.Write("#      pos        size  status\n");
        foreach (var block in map.Blocks)
            writer.Write($"0x{block.Position:X8}  0x{block.Size:X8}  {(char)block.Status}\n");
    }

    // What is no text at all has no ends of lines.
    private static string? ReadLine(TextReader reader, int number)
    {
        var line = new StringBuilder();
        for (int next; (next = reader.Read()) >= 0;)
        {
            if (next == '\n')
                return line.ToString();
            if (line.Length == LongestLine)
                throw new FormatException($"line {number} has more than {LongestLine} characters");
            line.Append((char)next);
        }
        return line.Length > 0 ? line.ToString() : null;
    }

    // '#' begins a comment at the begin of a line and after white space.
    private static string[] Fields(string line)
    {
        var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var comment = Array.FindIndex(fields, field => field[0] == '#');
        return comment < 0 ? fields : fields[..comment];
    }

    private static bool IsOneOf(string characters, string field) => field.Length == 1 && characters.Contains(field[0], StringComparison.Ordinal);

    private static bool TryNumber(string text, out long number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number >= 0;
        if (text[0] != '0' || text.Length == 1)
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7' || number > long.MaxValue >> 3)
                return false;
            number = (number << 3) + (digit - '0');
        }
        return true;
    }
}
