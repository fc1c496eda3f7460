using System.Globalization;
using System.Text;
using System.Text.Json;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// The ranges to which <c>--ranges</c> restricts a copy: bytes of the source, in order, merged. The input is the output of <c>kcopyd snapshot diff</c> and
/// <c>kcopyd compare --list</c>, a line for each range (<c>OFFSET LENGTH</c>), or the object of their <c>--json</c>
/// (<c>"ranges": [{"offset": …, "length": …}]</c>).
/// </summary>
internal sealed class CopyRanges
{
    private const long MaxText = 256 << 20;     // bytes: about ten million ranges

    private readonly List<(long Offset, long End)> _ranges;

    private CopyRanges(List<(long Offset, long End)> ranges) => _ranges = ranges;

    /// <summary>Reads the ranges.</summary>
    /// <param name="path">A file, or '-' for standard input.</param>
    /// <param name="console">Provides standard input.</param>
    /// <exception cref="UsageException">The file cannot be read, or is not a list of ranges; the message names the line.</exception>
    public static CopyRanges Read(string path, CommandConsole console)
    {
        if (path.Length == 0)
            throw new UsageException("--ranges is empty: give a file, or - for standard input.");
        string text;
        try
        {
            using var stream = path == "-" ? console.OpenInput() : DescriptorStream.OpenForReading(path);
            text = ReadAll(stream, path);
        }
        catch (IOException refused)
        {
            throw new UsageException($"--ranges '{path}' cannot be read: {refused.Message}");
        }
        try
        {
            return new CopyRanges(Merged(text.AsSpan().TrimStart().StartsWith("{") ? OfJson(text) : OfLines(text)));
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException)
        {
            throw new UsageException($"--ranges '{path}' is not a list of ranges: {ForeignText.Phrase(wrong.Message)}. A line is OFFSET LENGTH, in bytes.");
        }
    }

    /// <summary>The end of the last range; 0 if there is none.</summary>
    public long End => _ranges.Count == 0 ? 0 : _ranges[^1].End;

    /// <summary>Returns the parts of a span of bytes that are in the ranges.</summary>
    public IEnumerable<(long Offset, long End)> Within(long offset, long end)
    {
        var byOffset = Comparer<(long Offset, long End)>.Create(static (one, other) => one.Offset.CompareTo(other.Offset));
        var at = _ranges.BinarySearch((offset, long.MaxValue), byOffset);
        for (var i = Math.Max(0, at < 0 ? ~at - 1 : at); i < _ranges.Count && _ranges[i].Offset < end; i++)
        {
            if (_ranges[i].End > offset)
                yield return (Math.Max(offset, _ranges[i].Offset), Math.Min(end, _ranges[i].End));
        }
    }

    private static string ReadAll(Stream stream, string path)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (stream.Read(buffer) is > 0 and var count)
        {
            if (bytes.Length + count > MaxText)
                throw new UsageException($"--ranges '{path}' has more than {MaxText} bytes: it is not a list of ranges.");
            bytes.Write(buffer, 0, count);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static IEnumerable<(long Offset, long End)> OfLines(string text)
    {
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var fields = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
                continue;
            if (fields.Length != 2 || !long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > long.MaxValue - offset)
                throw new FormatException($"line {number} is '{(line.Length > 40 ? line[..40] + "..." : line)}'");
            yield return (offset, offset + length);
        }
    }

    private static List<(long Offset, long End)> OfJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        if (!document.RootElement.TryGetProperty("ranges", out var ranges) || ranges.ValueKind != JsonValueKind.Array)
            throw new FormatException("the object has no array 'ranges'");
        var found = new List<(long Offset, long End)>();
        foreach (var range in ranges.EnumerateArray())
        {
            if (range.ValueKind != JsonValueKind.Object || !range.TryGetProperty("offset", out var first) || !first.TryGetInt64(out var offset) || offset < 0
                || !range.TryGetProperty("length", out var bytes) || !bytes.TryGetInt64(out var length) || length < 0 || length > long.MaxValue - offset)
                throw new FormatException($"range {found.Count + 1} has no offset and length");
            found.Add((offset, offset + length));
        }
        return found;
    }

    private static List<(long Offset, long End)> Merged(IEnumerable<(long Offset, long End)> ranges)
    {
        var merged = new List<(long Offset, long End)>();
        foreach (var range in ranges.Where(static range => range.End > range.Offset).OrderBy(static range => range.Offset))
        {
            if (merged.Count > 0 && range.Offset <= merged[^1].End)
                merged[^1] = (merged[^1].Offset, Math.Max(merged[^1].End, range.End));
            else
                merged.Add(range);
        }
        return merged;
    }
}
