using System.Globalization;
using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>GNU ddrescue and ddrescuelog, which check our map files.</summary>
internal static class Ddrescue
{
    private const int Sector = 512;

    /// <summary>Copies, or continues from the map file.</summary>
    public static async Task CopyAsync(string source, string copy, string map, params IEnumerable<string> options)
    {
        var run = await Tool.RunAsync("ddrescue", ["--quiet", "--force", .. options, source, copy, map]);
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    /// <summary>The 512-byte sectors with a given ddrescue status in the map file; a file that ddrescue cannot read fails the test.</summary>
    public static async Task<IReadOnlyList<long>> SectorsAsync(string map, char status)
    {
        var listed = await Tool.OutputAsync("ddrescuelog", $"--block-size={Sector}", $"--list-blocks={status}", map);
        return [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>True if everything is copied according to ddrescue.</summary>
    public static async Task<bool> IsDoneAsync(string map) => (await Tool.RunAsync("ddrescuelog", "--done-status", map)).ExitCode == 0;

    /// <summary>The number of bytes that a map file marks as finished, to poll while a copy runs.</summary>
    public static long FinishedBytes(string map) =>
        !File.Exists(map) ? 0 : File.ReadLines(map)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields is [_, var size, "+"] && size.StartsWith("0x", StringComparison.Ordinal) && fields[0] != "#")
            .Sum(fields => long.Parse(fields[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>A file with one file's bytes in some sectors and another's elsewhere.</summary>
    public static string Composite(TempFolder folder, string inSectors, IEnumerable<long> sectors, string elsewhere)
    {
        var (bytes, other) = (File.ReadAllBytes(elsewhere), File.ReadAllBytes(inSectors));
        foreach (var sector in sectors)
            other.AsSpan((int)sector * Sector, Sector).CopyTo(bytes.AsSpan((int)sector * Sector));
        File.WriteAllBytes(folder["composite"], bytes);
        return folder["composite"];
    }
}
