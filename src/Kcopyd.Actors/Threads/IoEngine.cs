using Akka.Configuration;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Threads;

/// <summary>How transfers wait that have to.</summary>
internal enum IoEngine
{
    Auto,
    IoUring,
    Threads,
}

/// <summary>Which <see cref="IoEngine"/> it is to be.</summary>
internal static class IoEngines
{
    /// <summary>Goes before what is configured, so that a test run, or an operator who suspects the one, can have the other.</summary>
    public const string Variable = "KCOPYD_IO_ENGINE";

    /// <summary>The environment's choice, or else the configured one.</summary>
    /// <param name="configured">The setting.</param>
    /// <param name="path">Where it stands, for the message.</param>
    /// <exception cref="ConfigurationException">There is no engine of that name.</exception>
    public static IoEngine Of(string configured, string path)
    {
        var chosen = Environment.GetEnvironmentVariable(Variable);
        return Parse(string.IsNullOrEmpty(chosen) ? configured : chosen, Where(path));
    }

    /// <summary>Makes sure that a ring can be had.</summary>
    /// <exception cref="ConfigurationException">None can.</exception>
    public static void RequireRing(string path)
    {
        if (!OperatingSystem.IsLinux())
            throw new ConfigurationException($"{Where(path)} = io_uring: only Linux has it; set auto or threads.");
        using var ring = Ring.TryCreate(maxWorkers: 1, out var errno);
        if (ring is null)
            throw new ConfigurationException($"{Where(path)} = io_uring: it is not to be had here ({LibC.Message(errno)}). Allow it "
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
