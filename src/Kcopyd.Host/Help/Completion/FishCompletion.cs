using System.Text;

namespace Kcopyd.Host.Help.Completion;

/// <summary>Completion for fish.</summary>
internal static class FishCompletion
{
    public static string Of(CommandPage root)
    {
        var text = new StringBuilder("""
            # fish completion for kcopyd, made by 'kcopyd completion fish'

            # True if the command line begins with these words, and with no other word that is no option.
            function __kcopyd_after
                set -l words (commandline -opc)
                set -e words[1]
                test (count $words) -ge (count $argv); or return 1
                for i in (seq (count $argv))
                    test "$words[$i]" = "$argv[$i]"; or return 1
                end
            end

            # The same, and nothing follows them yet.
            function __kcopyd_at
                set -l words (commandline -opc)
                test (count $words) -eq (math 1 + (count $argv)); and __kcopyd_after $argv
            end

            complete -c kcopyd -f

            """.Replace("\r", "", StringComparison.Ordinal));
        foreach (var page in root.All)
        {
            var words = string.Join(' ', page.Words.Skip(1));
            var at = words.Length == 0 ? "-n __kcopyd_at" : $"-n '__kcopyd_at {words}'";
            var after = words.Length == 0 ? at : $"-n '__kcopyd_after {words}'";
            foreach (var command in page.Commands)
                text.Append($"complete -c kcopyd {at} -a {command.Words[^1]} -d {Quote(command.Title)}\n");
            if (page.Operands is [{ Values: { Count: > 0 } values }])
                text.Append($"complete -c kcopyd {at} -a {Quote(string.Join(' ', values))}\n");
            else if (page.Operands.Count > 0)
                text.Append($"complete -c kcopyd {after} -F\n");
            foreach (var option in page.Options)
                text.Append($"complete -c kcopyd {after} {Spec(option)} -d {Quote(option.Description.Split(". ")[0].TrimEnd('.'))}\n");
        }
        return text.ToString();
    }

    private static string Spec(PageOption option)
    {
        var names = string.Join(' ', option.Aliases.Append(option.Name).Select(static name =>
            name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {Quote(name[1..])}"));
        if (option.Value is null)
            return names;
        return option.IsList ? $"{names} -x -a '(__fish_append , {string.Join(' ', option.Values)})'"
            : option.Values.Count > 0 ? $"{names} -x -a {Quote(string.Join(' ', option.Values))}"
            : option.IsFile ? $"{names} -r -F" : $"{names} -x";
    }

    private static string Quote(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
