using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>The arguments as the kernel has them: the runtime replaces what is not UTF-8, and a file of such a name could not be found.</summary>
internal static class CommandLineArguments
{
    private const char Replaced = '\uFFFD';

    /// <summary>The arguments, with every byte kept (see <see cref="UnixPath"/>).</summary>
    public static string[] Decoded(string[] args)
    {
        if (!Array.Exists(args, static argument => argument.Contains(Replaced, StringComparison.Ordinal)))
            return args;
        var bytes = File.ReadAllBytes("/proc/self/cmdline");
        var all = new List<string>();
        for (var at = 0; at < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)0, at);
            all.Add(UnixPath.Decode(bytes.AsSpan(at, end - at)));
            at = end + 1;
        }
        // Before them is the program, perhaps started by 'dotnet'.
        return all.Count < args.Length ? args : [.. all.Skip(all.Count - args.Length)];
    }
}
