using System.CommandLine;
using System.CommandLine.Parsing;

namespace Kcopyd.Host.Common;

/// <summary>Rejects what the parser accepts but users do not mean: a word that begins with '-' is an option, never a file, unless it follows '--'.</summary>
/// <remarks>The parser treats every unknown option as an operand, so a misspelled <c>--verify</c> would become a destination.</remarks>
internal static class CommandLineCheck
{
    /// <summary>Disables parser features that misinterpret paths and operands: flags take no value, because a value would be an operand named 'true'; only
    /// '-h' and '--help' request help, because '/h' and '/?' are paths.</summary>
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

    /// <summary>Returns all errors of a command line.</summary>
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
        // The parser would treat the value as the next operand.
        foreach (var option in parsed.CommandResult.Command.Options.Where(static option => option.Arity.MaximumNumberOfValues == 0))
        {
            List<string> names = [option.Name, .. option.Aliases];
            if (options.FirstOrDefault(word => names.Any(name => word.StartsWith(name + '=', StringComparison.Ordinal))) is { } valued)
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

    // The Levenshtein distance.
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
