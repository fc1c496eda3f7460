using System.CommandLine;
using System.CommandLine.Parsing;

namespace Kcopyd.Host.Common;

/// <summary>What the parser takes and people do not mean: a word that begins with '-' is an option, and never a file, unless it comes after '--'.</summary>
/// <remarks>The parser makes an operand of every option that it does not know, so that a misspelt <c>--verify</c> would be a destination.</remarks>
internal static class CommandLineCheck
{
    /// <summary>Takes from the parser what turns paths and operands into something else: options that are there or not take no value, which would be an
    /// operand named 'true'; help is asked for by '-h' and '--help' only, because '/h' and '/?' are paths.</summary>
    public static void Harden(Command command)
    {
        foreach (var option in command.Options)
        {
            if (option.ValueType == typeof(bool))
                option.Arity = ArgumentArity.Zero;
            foreach (var path in option.Aliases.Where(static alias => alias[0] == '/').ToList())
                option.Aliases.Remove(path);
        }
        foreach (var child in command.Subcommands)
            Harden(child);
    }

    /// <summary>Everything that is wrong with a command line.</summary>
    public static List<string> Find(ParseResult parsed, IReadOnlyList<string> args)
    {
        var errors = parsed.Errors.Select(static error => error.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal));
        return [.. (FindOption(parsed, args) is { } meant ? errors.Prepend(meant) : errors).Distinct()];
    }

    private static string? FindOption(ParseResult parsed, IReadOnlyList<string> args)
    {
        var end = args.IndexOf("--");
        var options = end < 0 ? args : [.. args.Take(end)];
        var literal = end < 0 ? [] : args.Skip(end + 1).ToList();
        // The parser would take the value for the next operand.
        foreach (var option in parsed.CommandResult.Command.Options.Where(static option => option.Arity.MaximumNumberOfValues == 0))
        {
            if (options.FirstOrDefault(word => option.Aliases.Prepend(option.Name).Any(name => word.StartsWith(name + '=', StringComparison.Ordinal))) is { } valued)
                return Unknown(valued, parsed.CommandResult.Command);
        }
        foreach (var child in parsed.CommandResult.Children)
        {
            foreach (var token in child.Tokens.Where(static token => LooksLikeOption(token.Value)))
            {
                if (child is ArgumentResult && !literal.Remove(token.Value))
                    return Unknown(token.Value, parsed.CommandResult.Command);
                if (child is OptionResult { Option.Name: var name } && !options.Contains($"{name}={token.Value}"))
                    return $"{name} '{token.Value}': that looks like an option. To give it as the value, write '{name}={token.Value}'.";
            }
        }
        return null;
    }

    private static bool LooksLikeOption(string word) => word.Length > 1 && word[0] == '-';

    private static string Unknown(string word, Command command)
    {
        var name = word.Split('=')[0];
        var known = command.Options.Where(static option => !option.Hidden).SelectMany(static option => option.Aliases.Prepend(option.Name)).ToList();
        var hint = known.Contains(name) ? $"'{name}' takes no value."
            : known.MinBy(other => Distance(name, other)) is { } nearest && Distance(name, nearest) <= 3 ? $"Did you mean '{nearest}'?"
            : $"'kcopyd {command.Name} --help' lists the options.";
        return $"'{word}' is not an option of '{command.Name}'. {hint} For a file of that name, write './{word}'.";
    }

    // Levenshtein's.
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }

    private static int IndexOf(this IReadOnlyList<string> words, string word)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == word)
                return i;
        }
        return -1;
    }
}
