using System.Text;

namespace Kcopyd.Host.Help.Completion;

/// <summary>Completion for bash; needs nothing but bash 4.2.</summary>
internal static class BashCompletion
{
    public static string Of(CommandPage root)
    {
        var text = new StringBuilder("""
            # bash completion for kcopyd, made by 'kcopyd completion bash'

            _kcopyd_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

            _kcopyd_files() {
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                compopt -o filenames 2>/dev/null
            }

            # The last of words with commas between them.
            _kcopyd_list() {
                local before=
                [[ $cur == *,* ]] && before=${cur%,*},
                mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${cur##*,}")
                compopt -o nospace 2>/dev/null
            }

            _kcopyd() {
                local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= i
                COMPREPLY=()
                # '--io=direct' is three words to bash.
                if [[ $cur == = ]]; then
                    cur=
                elif [[ $previous == = ]] && (( COMP_CWORD >= 2 )); then
                    previous=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                for (( i = 1; i < COMP_CWORD; i++ )); do
                    [[ ${COMP_WORDS[i]} == -- ]] && { _kcopyd_files; return; }
                done
                for (( i = 1; i < COMP_CWORD && i < 3; i++ )); do
                    [[ ${COMP_WORDS[i]} == -* ]] && break
                    command+=${command:+ }${COMP_WORDS[i]}

            """.Replace("\r", "", StringComparison.Ordinal));
        var groups = root.All.Where(static page => page is { Words.Count: > 1, Commands.Count: > 0 }).Select(Path).ToList();
        text.Append($"        [[ $command == @({string.Join('|', groups)}) ]] || break\n    done\n");
        text.Append("    case \"$command $previous\" in\n");
        foreach (var page in root.All)
        {
            foreach (var option in page.Options.Where(static option => option.Value is not null))
                text.Append($"        '{Path(page)} {option.Name}') {Value(option)}; return ;;\n");
        }
        text.Append("    esac\n    case $command in\n");
        foreach (var page in root.All)
        {
            var options = string.Join(' ', page.Options.SelectMany(static option => option.Aliases.Append(option.Name)));
            var rest = page.Commands.Count > 0 ? $"_kcopyd_words '{string.Join(' ', page.Commands.Select(static command => command.Words[^1]))}'"
                : page.Operands is [{ Values: { Count: > 0 } values }] ? $"_kcopyd_words '{string.Join(' ', values)}'"
                : page.Operands.Count > 0 ? "_kcopyd_files" : ":";
            text.Append($"        '{Path(page)}') if [[ $cur == -* ]]; then _kcopyd_words '{options}'; else {rest}; fi ;;\n");
        }
        return text.Append("    esac\n}\n\ncomplete -F _kcopyd kcopyd\n").ToString();
    }

    private static string Path(CommandPage page) => string.Join(' ', page.Words.Skip(1));

    private static string Value(PageOption option) =>
        option.IsList ? $"_kcopyd_list '{string.Join(' ', option.Values)}'"
        : option.Values.Count > 0 ? $"_kcopyd_words '{string.Join(' ', option.Values)}'"
        : option.IsFile ? "_kcopyd_files" : ":";
}
