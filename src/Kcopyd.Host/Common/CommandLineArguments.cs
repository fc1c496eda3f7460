using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>Reads the arguments from the kernel: the runtime replaces bytes that are not UTF-8, and a file with such a name would not be found.</summary>
internal static class CommandLineArguments
{
    private const char Replaced = '\uFFFD';

    /// <summary>Returns the arguments with every byte preserved (see <see cref="UnixPath"/>).</summary>
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
        // The program precedes the arguments, and 'dotnet' may precede the program.
        return all.Count < args.Length ? args : [.. all.Skip(all.Count - args.Length)];
    }
}
