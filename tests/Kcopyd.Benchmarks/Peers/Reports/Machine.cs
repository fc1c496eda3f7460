using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>The machine on which the measurements were made, and the versions of the tools.</summary>
internal sealed record Machine(
    string Processor, int Processors, long MemoryBytes, string Kernel, string Distribution, string Runtime, string Tmpfs, string Disk, string Date,
    IReadOnlyDictionary<string, string> Tools)
{
    public static async Task<Machine> DescribeAsync(PeersOptions options, CancellationToken cancellationToken)
    {
        var tools = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tool in new[] { "qemu-img", "nbdcopy", "nbdkit", "cp", "dc3dd", "fio", "gcc", "xfs_io" })
            tools[tool] = await VersionAsync(tool, tool == "xfs_io" ? "-V" : "--version", cancellationToken);
        return new Machine(
            Line("/proc/cpuinfo", "model name"),
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            await VersionAsync("uname", "-r", cancellationToken),
            Line("/etc/os-release", "PRETTY_NAME").Trim('"'),
            RuntimeInformation.FrameworkDescription,
            FileSystem(options.Tmpfs),
            FileSystem(options.Disk),
            DateTime.UtcNow.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
            tools);
    }

    public override string ToString() =>
        $"{Processor}, {Processors} processors, {MemoryBytes >> 30} GiB; Linux {Kernel}, {Distribution}, {Runtime}; {Tmpfs}; {Disk}; "
            + $"{string.Join(", ", Tools.Values)}; {Date}.";

    private static async Task<string> VersionAsync(string tool, string argument, CancellationToken cancellationToken)
    {
        if (Toolbox.Find(tool) is null)
            return $"no {tool}";
        try
        {
            var output = await ToolRun.OutputAsync(new ToolCommand(tool, argument), cancellationToken);
            return output.Split('\n').FirstOrDefault(line => line.Trim().Length > 0, tool).Trim();
        }
        catch (ContenderFailedException)
        {
            return tool;
        }
    }

    private static string FileSystem(string folder)
    {
        var drive = new DriveInfo(folder);
        return $"{folder} on {drive.DriveFormat}";
    }

    private static string Line(string file, string key) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split([':', '='], 2).Last().Trim() ?? "unknown";
}
