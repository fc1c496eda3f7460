using System.Globalization;
using System.Text;

namespace Kcopyd.Host.Mapfiles;

/// <summary>
/// The text of a map file: comments, a status line (position, current status, pass), then a line for each block (position, size, status). Numbers are written
/// as in C: decimal, hexadecimal (0x) or octal.
/// </summary>
internal static class MapfileFormat
{
    private const string Phases = "?*/-FG+";
    private const string Statuses = "?*/-+";
    private const int MaxLine = 1 << 16;        // characters: the command line that ddrescue records contains two paths

    /// <summary>Reads a map.</summary>
    /// <exception cref="FormatException">The text is not a map; the message names the line.</exception>
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
                // Versions of ddrescue before 1.23 wrote no pass.
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
        return map;     // an empty file is a map in which everything is non-tried
    }

    /// <summary>Writes a map.</summary>
    /// <param name="writer">The output; lines end in LF.</param>
    /// <param name="map">The map.</param>
    /// <param name="position">The current position.</param>
    /// <param name="phase">The status of the blocks that are being copied, or <see cref="MapStatus.Finished"/>.</param>
    public static void Write(TextWriter writer, Mapfile map, long position, MapStatus phase)
    {
        writer.Write("# Mapfile. Created by kcopyd; the format is GNU ddrescue's\n");
        writer.Write("# current_pos  current_status  current_pass\n");
        writer.Write($"0x{position:X8}     {(char)phase}               1\n");
        writer.Write("#      pos        size  status\n");
        foreach (var block in map.Blocks)
            writer.Write($"0x{block.Position:X8}  0x{block.Size:X8}  {(char)block.Status}\n");
    }

    // A binary file may have no line ends.
    private static string? ReadLine(TextReader reader, int number)
    {
        var line = new StringBuilder();
        for (int next; (next = reader.Read()) >= 0;)
        {
            if (next == '\n')
                return line.ToString();
            if (line.Length == MaxLine)
                throw new FormatException($"line {number} has more than {MaxLine} characters");
            line.Append((char)next);
        }
        return line.Length > 0 ? line.ToString() : null;
    }

    // '#' begins a comment at the start of a line and after white space.
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
