using System.Globalization;
using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>GNU ddrescue and its log reader: the judges of a map file.</summary>
internal static class Ddrescue
{
    private const int Sector = 512;

    /// <summary>Copies, or continues what the map file says.</summary>
    public static async Task CopyAsync(string source, string copy, string map, params IEnumerable<string> options)
    {
        var run = await Tool.RunAsync("ddrescue", ["--quiet", "--force", .. options, source, copy, map]);
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    /// <summary>The 512-byte sectors that the map file gives one status of ddrescue's; one that it cannot read fails the test.</summary>
    public static async Task<IReadOnlyList<long>> SectorsAsync(string map, char status)
    {
        var listed = await Tool.OutputAsync("ddrescuelog", $"--block-size={Sector}", $"--list-blocks={status}", map);
        return [.. listed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>True if everything is copied, in ddrescue's own opinion.</summary>
    public static async Task<bool> IsDoneAsync(string map) => (await Tool.RunAsync("ddrescuelog", "--done-status", map)).ExitCode == 0;

    /// <summary>Bytes that a map file calls finished, for somebody who watches it grow.</summary>
    public static long FinishedBytes(string map) =>
        !File.Exists(map) ? 0 : File.ReadLines(map)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields is [_, var size, "+"] && size.StartsWith("0x", StringComparison.Ordinal) && fields[0] != "#")
            .Sum(fields => long.Parse(fields[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>One file's bytes in some sectors, another's elsewhere.</summary>
    public static string Composite(TempFolder folder, string inSectors, IEnumerable<long> sectors, string elsewhere)
    {
        var (bytes, other) = (File.ReadAllBytes(elsewhere), File.ReadAllBytes(inSectors));
        foreach (var sector in sectors)
            other.AsSpan((int)sector * Sector, Sector).CopyTo(bytes.AsSpan((int)sector * Sector));
        File.WriteAllBytes(folder["composite"], bytes);
        return folder["composite"];
    }
}
