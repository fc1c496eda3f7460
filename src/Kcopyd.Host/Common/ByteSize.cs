using System.Globalization;

namespace Kcopyd.Host.Common;

/// <summary>Parses and formats sizes in bytes; K, M, G and T are powers of 1024.</summary>
internal static class ByteSize
{
    private const string Suffixes = "KMGT";

    /// <summary>Parses digits followed by at most one suffix. Returns false for anything else, and for a value that does not fit into 63 bits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        if (text.IsEmpty)
            return false;
        var shift = 10 * (Suffixes.IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1);
        var digits = shift == 0 ? text : text[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }

    /// <summary>Formats the completed part of a whole, rounded down: only the whole reads like the whole.</summary>
    public static string FormatPart(double bytes, double whole) => bytes >= whole ? Format(bytes) : Format(bytes, Math.Floor);

    /// <summary>Formats a size, with one decimal from 1 KiB up: "512 B", "1.5 MiB".</summary>
    public static string Format(double bytes) => Format(bytes, static tenths => Math.Round(tenths, MidpointRounding.ToEven));

    private static string Format(double bytes, Func<double, double> round)
    {
        if (bytes < 1024)
            return string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B");
        var unit = -1;
        for (; bytes >= 1024 && unit < Suffixes.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{round(bytes * 10) / 10:0.0} {Suffixes[unit]}iB");
    }
}
