using System.Text;

namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>A table whose columns are as wide as their widest cell, so that it is also readable in terminals.</summary>
internal static class MarkdownTable
{
    /// <summary>Appends a table.</summary>
    /// <param name="text">The text to append to.</param>
    /// <param name="rows">The rows, all of the same length; the first is the header.</param>
    /// <param name="textColumns">The number of columns at the left that contain text; the others, except the last, contain numbers.</param>
    public static void AppendTable(this StringBuilder text, List<string[]> rows, int textColumns = 1)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => Math.Max(3, rows.Max(row => row[column].Length))).ToArray();
        void Append(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        bool IsText(int column) => column < textColumns || column == widths.Length - 1;
        string[] Padded(string[] row) => [.. row.Select((cell, i) => IsText(i) ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))];
        Append(Padded(rows[0]));
        Append(widths.Select((width, i) => IsText(i) ? new string('-', width) : $"{new string('-', width - 1)}:"));
        foreach (var row in rows.Skip(1))
            Append(Padded(row));
    }
}
