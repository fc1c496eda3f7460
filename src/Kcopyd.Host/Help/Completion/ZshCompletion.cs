using System.Text;

namespace Kcopyd.Host.Help.Completion;

/// <summary>Completion for zsh: a function of its completion system, named _kcopyd.</summary>
internal static class ZshCompletion
{
    public static string Of(CommandPage root)
    {
        var text = new StringBuilder("#compdef kcopyd\n# zsh completion for kcopyd, made by 'kcopyd completion zsh'\n");
        foreach (var page in root.All.Reverse())
            Function(text, page);
        return text.Append("\n_kcopyd \"$@\"\n").ToString();
    }

    private static void Function(StringBuilder text, CommandPage page)
    {
        text.Append($"\n{Name(page)}() {{\n");
        if (page.Commands.Count > 0)
        {
            text.Append("    local curcontext=$curcontext state line\n    local -a commands=(\n");
            foreach (var command in page.Commands)
                text.Append($"        {Quote($"{command.Words[^1]}:{command.Title}")}\n");
            text.Append("    )\n");
        }
        text.Append("    _arguments -s -S");
        if (page.Commands.Count > 0)
            text.Append(" -C");
        foreach (var option in page.Options)
            text.Append($" \\\n        {Spec(option)}");
        if (page.Commands.Count > 0)
        {
            text.Append(" \\\n        '1: :->command' \\\n        '*:: :->rest'\n");
            text.Append("    case $state in\n        command) _describe command commands ;;\n        rest)\n            case $words[1] in\n");
            foreach (var command in page.Commands)
                text.Append($"                {command.Words[^1]}) {Name(command)} ;;\n");
            text.Append("            esac ;;\n    esac\n");
        }
        else
        {
            foreach (var operand in page.Operands)
            {
                var action = operand.Values.Count > 0 ? $"({string.Join(' ', operand.Values)})" : "_files";
                text.Append($" \\\n        {Quote($"{(operand.IsRepeated ? "*" : "")}:{operand.Name}:{action}")}");
            }
            text.Append('\n');
        }
        text.Append("}\n");
    }

    private static string Spec(PageOption option)
    {
        var title = option.Description.Split(". ")[0].TrimEnd('.');
        var described = $"[{title.Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal)}]";
        if (option.Value is null)
            return string.Join(' ', option.Aliases.Append(option.Name).Select(name => Quote(name + described)));
        var action = option.IsList ? $"_values -s , way {string.Join(' ', option.Values)}"
            : option.Values.Count > 0 ? $"({string.Join(' ', option.Values)})"
            : option.IsFile ? "_files" : " ";
        return Quote($"*{option.Name}={described}:{option.Value.Replace(":", "\\:", StringComparison.Ordinal)}:{action}");
    }

    private static string Name(CommandPage page) => "_" + string.Join('_', page.Words);

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
