namespace Kcopyd.Benchmarks.Peers;

/// <summary>The programs of other projects: where they are, and which Debian packages contain them.</summary>
internal static class Toolbox
{
    private static readonly Dictionary<string, string> s_packages = new()
    {
        ["qemu-img"] = "qemu-utils",
        ["qemu-nbd"] = "qemu-utils",
        ["nbdcopy"] = "libnbd-bin",
        ["nbdkit"] = "nbdkit",
        ["dc3dd"] = "dc3dd",
        ["fio"] = "fio",
        ["mkfs.xfs"] = "xfsprogs",
        ["xfs_io"] = "xfsprogs",
        ["gcc"] = "gcc libc6-dev",
        ["fallocate"] = "util-linux",
        ["mount"] = "mount",
        ["umount"] = "mount",
        ["losetup"] = "mount",
        ["bash"] = "bash",
        ["cp"] = "coreutils",
        ["dd"] = "coreutils",
        ["cat"] = "coreutils",
        ["tee"] = "coreutils",
        ["sync"] = "coreutils",
        ["true"] = "coreutils",
    };

    public static IEnumerable<string> Programs => s_packages.Keys;

    public static IEnumerable<string> Packages => s_packages.Values.SelectMany(each => each.Split(' ')).Distinct().Order();

    /// <summary>The path of a program, or null; includes folders that only root's PATH contains.</summary>
    public static string? Find(string name) => name.Contains('/', StringComparison.Ordinal)
        ? File.Exists(name) ? name : null
        : $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>Null if all programs are installed; otherwise how to install them.</summary>
    public static string? Missing(params IEnumerable<string> programs)
    {
        var packages = programs.Where(program => Find(program) is null).Select(program => s_packages.GetValueOrDefault(program, program)).Distinct().ToArray();
        return packages.Length == 0 ? null : $"not installed: apt-get install {string.Join(' ', packages)}";
    }

    /// <summary>Installs every peer on Debian, as root.</summary>
    public static async Task InstallAsync(TextWriter log, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess || Find("apt-get") is null)
            throw new PeersException($"--install needs root and apt-get; elsewhere install by hand: {string.Join(' ', Packages)}");
        await log.WriteLineAsync($"installing {string.Join(' ', Packages)}");
        string[] apt = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Acquire::Retries=2", "-o", "DPkg::Lock::Timeout=120"];
        try
        {
            await ToolRun.OutputAsync(new ToolCommand("env", [.. apt, "update"]), cancellationToken);
            await ToolRun.OutputAsync(new ToolCommand("env", [.. apt, "install", "-y", "--no-install-recommends", .. Packages]), cancellationToken);
        }
        catch (ContenderFailedException failed)
        {
            throw new PeersException(failed.Message);
        }
    }
}

/// <summary>The exception for a benchmark that cannot continue; the message names the cause and the remedy.</summary>
internal sealed class PeersException : Exception
{
    public PeersException(string message) : base(message)
    {
    }

    public PeersException(string message, Exception inner) : base(message, inner)
    {
    }

    public PeersException()
    {
    }
}
