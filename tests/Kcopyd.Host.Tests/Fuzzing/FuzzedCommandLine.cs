using System.CommandLine;

namespace Kcopyd.Host.Tests.Fuzzing;

/// <summary>A command line made by chance, mostly of words that the command knows: the same for the same seed.</summary>
internal static class FuzzedCommandLine
{
    private static readonly string[] Values =
    [
        "0", "1", "7", "64", "512", "4096", "-1", "64K", "1M", "16KiB", "8E", "99999999999999999999", "0x10", "1.5", "100%", "x", "", "on", "none", "holes,reflink", "all", "json", "auto",
        "1K/s", "10s", "00:00:01", "sha256", "md5", "debug", "P", "PO", "127.0.0.1:0", "127.0.0.1:99999", "sock", "folder/sock", "unix:sock", "0,8", "8K,64K", "buffered", "direct",
    ];

    private static readonly string[] Junk = ["--verfy", "-v", "--json=yes", "--", "--help", "-h", "--version", "-x", "---", "--=", "help", "copy", "@x", "\u00e9\u4e2d", "a\nb", new('x', 5000)];

    private static readonly Command Root = KcopydCommand.CreateRoot(new CommandConsole(TextWriter.Null, TextWriter.Null, IsTerminal: false), static _ => true);

    public static string[] Of(Random random)
    {
        List<string> words = [];
        Command command = Root;
        while (command.Subcommands.Count > 0 && random.Next(40) > 0)
        {
            command = Pick(random, [.. command.Subcommands]);
            words.Add(command.Name);
        }
        List<string> rest = [];
        for (var operands = random.Next(random.Next(6) == 0 ? 6 : 4); operands > 0; operands--)
            rest.Add(Pick(random, FuzzedFolder.Names));
        for (var options = random.Next(5); options > 0 && command.Options.Count > 0; options--)
            AddOption(random, rest, Pick(random, [.. command.Options]));
        if (random.Next(5) == 0)
            rest.Insert(random.Next(rest.Count + 1), Pick(random, Junk));
        // What is listened on is the folder's own, or loopback, or refused.
        if (command.Name == "serve" && !rest.Contains("--listen"))
            rest.InsertRange(0, ["--listen", "sock"]);
        return [.. words, .. rest];
    }

    private static void AddOption(Random random, List<string> rest, Option option)
    {
        List<string> words = [option.Name];
        if (option.Arity.MaximumNumberOfValues > 0 && random.Next(20) > 0)
            words.Add(random.Next(3) == 0 ? Pick(random, FuzzedFolder.Names) : Pick(random, Values));
        if (option.Name == "--listen")
            words = ["--listen", Pick(random, ["sock", "folder/sock", "127.0.0.1:0", "127.0.0.1:99999", "image", "missing/sock"])];
        if (words.Count == 2 && random.Next(4) == 0)
            words = [$"{words[0]}={words[1]}"];
        rest.InsertRange(random.Next(rest.Count + 1), words);
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
