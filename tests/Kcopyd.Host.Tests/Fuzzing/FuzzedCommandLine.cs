using System.CommandLine;

namespace Kcopyd.Host.Tests.Fuzzing;

/// <summary>A random command line, mostly of words that the command knows; the same for the same seed. About half of the command lines make sense.</summary>
internal static class FuzzedCommandLine
{
    private static readonly string[] Values =
    [
        "0", "1", "7", "64", "512", "4096", "-1", "64K", "1M", "16KiB", "8E", "99999999999999999999", "0x10", "1.5", "100%", "x", "", "on", "none",
        "holes,reflink", "all", "json", "auto", "1K/s", "10s", "00:00:01", "sha256", "md5", "debug", "P", "PO", "127.0.0.1:0", "127.0.0.1:99999", "sock",
        "folder/sock", "unix:sock", "0,8", "8K,64K", "buffered", "direct",
    ];

    private static readonly string[] Listens = ["sock", "folder/sock", "127.0.0.1:0", "127.0.0.1:99999", "image", "missing/sock"];

    private static readonly string[] Junk =
    [
        "--verfy", "-v", "--json=yes", "--", "--help", "-h", "--version", "-x", "---", "--=", "help", "copy", "@x", "\u00e9\u4e2d", "a\nb", new('x', 5000),
    ];

    private static readonly Command Root = KcopydCommand.CreateRoot(new CommandConsole(TextWriter.Null, TextWriter.Null, IsTerminal: false), static _ => true);

    public static string[] Of(Random random)
    {
        var makesSense = random.Next(2) == 0;
        List<string> words = [];
        Command command = Root;
        while (command.Subcommands.Count > 0 && (makesSense || random.Next(40) > 0))
        {
            command = Pick(random, [.. command.Subcommands]);
            words.Add(command.Name);
        }
        List<string> rest = [];
        foreach (var argument in command.Arguments)
        {
            var (min, max) = (argument.Arity.MinimumNumberOfValues, Math.Min(argument.Arity.MaximumNumberOfValues, 3));
            for (var count = makesSense ? random.Next(min, max + 1) : random.Next(4); count > 0; count--)
                rest.Add(Pick(random, makesSense ? FuzzedFolder.Useful : FuzzedFolder.Names));
        }
        for (var options = random.Next(makesSense ? 3 : 5); options > 0 && command.Options.Count > 0; options--)
            AddOption(random, rest, Pick(random, [.. command.Options]), makesSense);
        if (makesSense && command.Options.FirstOrDefault(static option => option.Name is "--overwrite") is { } overwrite && random.Next(2) == 0)
            rest.Add(overwrite.Name);
        if (!makesSense && random.Next(5) == 0)
            rest.Insert(random.Next(rest.Count + 1), Pick(random, Junk));
        // The server listens only in the folder or on loopback, or it is refused.
        if (command.Name == "serve" && !rest.Exists(static word => word.StartsWith("--listen", StringComparison.Ordinal)))
            rest.InsertRange(0, ["--listen", "sock"]);
        return [.. words, .. rest];
    }

    private static void AddOption(Random random, List<string> rest, Option option, bool makesSense)
    {
        List<string> words = [option.Name];
        if (option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) && (makesSense || random.Next(20) > 0))
            words.Add(makesSense ? Sensible(random, option) : random.Next(3) == 0 ? Pick(random, FuzzedFolder.Names) : Pick(random, Values));
        if (option.Name == "--listen")
            words = ["--listen", Pick(random, Listens)];
        if (words.Count == 2 && random.Next(4) == 0)
            words = [$"{words[0]}={words[1]}"];
        rest.InsertRange(random.Next(rest.Count + 1), words);
    }

    private static string Sensible(Random random, Option option) => option.Name switch
    {
        "--mapfile" => Pick(random, ["map", "new.map", "empty"]),
        "--ranges" => "ranges",
        "--checksum" => "sha256",
        "--chunk" or "--at" or "--length" or "--size" or "--rate" or "--sub-job-size" => Pick(random, ["4K", "512", "64K", "1M"]),
        "--from" or "--into" or "--cow" => Pick(random, FuzzedFolder.Useful),
        _ when option.ValueType.IsEnum => Pick(random, Enum.GetNames(option.ValueType)).ToLowerInvariant(),
        _ => Pick(random, ["1", "2", "4K", "none", "10s", "image", "sock"]),
    };

    private static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
