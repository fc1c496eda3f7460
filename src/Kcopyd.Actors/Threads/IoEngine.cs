using Akka.Configuration;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Threads;

/// <summary>How transfers that must wait do so.</summary>
internal enum IoEngine
{
    Auto,
    IoUring,
    Threads,
}

/// <summary>Selects the <see cref="IoEngine"/>.</summary>
internal static class IoEngines
{
    /// <summary>Overrides the configuration, so that a test run, or an operator who suspects one engine, can use the other.</summary>
    public const string Variable = "KCOPYD_IO_ENGINE";

    /// <summary>The environment's choice, or else the configured one.</summary>
    /// <param name="configured">The setting.</param>
    /// <param name="path">The path of the setting, for the message.</param>
    /// <exception cref="ConfigurationException">No engine has that name.</exception>
    public static IoEngine Of(string configured, string path)
    {
        var chosen = Environment.GetEnvironmentVariable(Variable);
        return Parse(string.IsNullOrEmpty(chosen) ? configured : chosen, Where(path));
    }

    /// <summary>Makes sure that a ring is available.</summary>
    /// <exception cref="ConfigurationException">It is not.</exception>
    public static void RequireRing(string path)
    {
        if (!OperatingSystem.IsLinux())
            throw new ConfigurationException($"{Where(path)} = io_uring: available on Linux only; set auto or threads.");
        using var ring = Ring.TryCreate(maxWorkers: 1, out var errno);
        if (ring is null)
            throw new ConfigurationException($"{Where(path)} = io_uring: it is not available here ({LibC.Message(errno)}). Allow it "
                + "(the sysctl kernel.io_uring_disabled, the container's seccomp profile), or set auto or threads.");
    }

    private static string Where(string path) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)) ? path : Variable;

    private static IoEngine Parse(string name, string path) => name switch
    {
        "auto" => IoEngine.Auto,
        "io_uring" => IoEngine.IoUring,
        "threads" => IoEngine.Threads,
        _ => throw new ConfigurationException($"{path} = {name}: must be auto, io_uring or threads."),
    };
}
