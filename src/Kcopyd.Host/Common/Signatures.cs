using System.ComponentModel;
using System.Diagnostics;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>Identifies the content of a device or image before it is overwritten: a file system, a partition table, a member of a RAID, a volume.</summary>
/// <remarks>Uses libblkid through <c>blkid -p</c> of util-linux, which reads the device and bypasses the cache. If that program is not installed, nothing is
/// identified.</remarks>
internal static class Signatures
{
    private const int SeveralFound = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Describes the content of a file or block device, such as "a file system of type ext4 labelled 'root'"; null if it is not known.</summary>
    public static async Task<string?> DescribeAsync(string path)
    {
        if (Program() is not { } program || UnixPath.ToText(path) != path)
            return null;
        var start = new ProcessStartInfo(program, ["-p", "-o", "export", "--", path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                var error = process.StandardError.ReadToEndAsync(patience.Token);
                var output = await process.StandardOutput.ReadToEndAsync(patience.Token).ConfigureAwait(false);
                await error.ConfigureAwait(false);
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
                return process.ExitCode switch
                {
                    0 => Describe(output),
                    SeveralFound => "signatures of several kinds (see 'wipefs')",
                    _ => null,      // 2: no known signature
                };
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return null;        // a device that does not respond fails when it is opened
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    internal static string? Describe(string export)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in export.Split('\n'))
        {
            if (line.Split('=', 2) is [var key, var value])
                fields[key] = value;
        }
        var label = fields.TryGetValue("LABEL", out var named) ? $" labelled '{ForeignText.Printable(named)}'" : "";
        if (fields.TryGetValue("TYPE", out var type))
        {
            return fields.GetValueOrDefault("USAGE") switch
            {
                "filesystem" => $"a file system of type {type}{label}",
                "raid" => $"a member of a RAID or volume group ({type}){label}",
                "crypto" => $"an encrypted volume ({type}){label}",
                _ when type == "DM_snapshot_cow" => "the COW store of a snapshot",
                _ => $"a signature of type {type}{label}",
            };
        }
        return fields.TryGetValue("PTTYPE", out var table) ? $"a partition table of type {table}" : null;
    }

    private static string? Program() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
            .Where(static folder => folder.StartsWith('/'))
            .Select(static folder => Path.Combine(folder, "blkid"))
            .FirstOrDefault(File.Exists);
}
