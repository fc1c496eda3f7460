using System.CommandLine.Parsing;
using System.Globalization;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Parses sizes on the command line: 512M, 1G.</summary>
internal static class Sizes
{
    private const string Units = "KMGT";

    public static long Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var shift = text.Length > 1 ? (Units.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1) * 10 : 0;
        var isNumber = long.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        // Every contender gets whole pieces, and the files are large enough to scatter random blocks over.
        if (!isNumber || number > long.MaxValue >> shift || number << shift < 16 << 20 || (number << shift) % (1 << 20) != 0)
            result.AddError($"--size {text}: must be a whole number of MiB, at least 16M, such as 512M.");
        return number << shift;
    }
}
