using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;

namespace Kcopyd.Host.Help;

/// <summary>The documentation of one command: the source of <c>--help</c>, the man page and the completion.</summary>
/// <param name="Words">The name of the command, preceded by those of its parents, such as "kcopyd", "snapshot", "create".</param>
/// <param name="Summary">What the command does, in a sentence or two.</param>
/// <param name="Operands">The operands, in order.</param>
/// <param name="Options">The options.</param>
/// <param name="Commands">The subcommands.</param>
/// <param name="Notes">The notes that the parser does not know.</param>
internal sealed record CommandPage(
    IReadOnlyList<string> Words, string Summary, IReadOnlyList<PageOperand> Operands, IReadOnlyList<PageOption> Options,
    IReadOnlyList<CommandPage> Commands, CommandNotes Notes)
{
    /// <summary>The name as typed: "kcopyd snapshot create".</summary>
    public string Name => string.Join(' ', Words);

    /// <summary>The name of its man page: "kcopyd-snapshot-create".</summary>
    public string FileName => string.Join('-', Words);

    /// <summary>This command and all its subcommands.</summary>
    public IEnumerable<CommandPage> All => Commands.SelectMany(static command => command.All).Prepend(this);

    /// <summary>The first sentence of the summary, without its period.</summary>
    public string Title => Summary.Split(". ")[0].TrimEnd('.');

    /// <summary>The synopsis, such as "kcopyd copy [OPTION...] SOURCE DEST...".</summary>
    public string Usage => string.Join(' ',
    [
        Name,
        .. Commands.Count > 0 ? ["COMMAND"] : Array.Empty<string>(),
        .. Options.Where(static option => option.IsRequired).Select(static option => option.Text),
        "[OPTION...]",
        .. Operands.Select(static operand => operand.Text),
    ]);

    /// <summary>Creates the page of a command and those of its subcommands.</summary>
    public static CommandPage Of(Command command) => Of(command, [.. Above(command)]);

    private static CommandPage Of(Command command, string[] words) => new(
        words,
        command.Description!,
        [.. command.Arguments.Where(static argument => !argument.Hidden).Select(PageOperand.Of)],
        [.. command.Options.Where(static option => !option.Hidden).Concat(words.Length > 1 ? [new HelpOption()] : []).Select(PageOption.Of)],
        [.. command.Subcommands.Where(static child => !child.Hidden).Select(child => Of(child, [.. words, child.Name]))],
        CommandNotes.Of(string.Join(' ', words.Skip(1))));

    // The parser names the root after the program's file, which may have been renamed.
    private static IEnumerable<string> Above(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Above(parent), command.Name] : ["kcopyd"];
}

/// <summary>An operand.</summary>
/// <param name="Name">Such as "SOURCE".</param>
/// <param name="Description">What it is.</param>
/// <param name="Values">The accepted words; empty if it is a file.</param>
/// <param name="IsOptional">True if it can be omitted.</param>
/// <param name="IsRepeated">True if it can be given several times.</param>
internal sealed record PageOperand(string Name, string Description, IReadOnlyList<string> Values, bool IsOptional, bool IsRepeated)
{
    public string Text => (IsRepeated ? Name + "..." : Name) is var text && IsOptional ? $"[{text}]" : text;

    public static PageOperand Of(Argument argument) => new(
        argument.Name, argument.Description!, argument.HelpName is { } values ? values.Split('|') : [],
        argument.Arity.MinimumNumberOfValues == 0, argument.Arity.MaximumNumberOfValues > 1);
}

/// <summary>An option.</summary>
/// <param name="Name">Such as "--mapfile".</param>
/// <param name="Aliases">Its other names.</param>
/// <param name="Value">The name of its value, such as "FILE" or "auto|direct|buffered"; null if it takes no value.</param>
/// <param name="Description">What it does, and its default.</param>
/// <param name="IsRequired">True if it cannot be omitted.</param>
internal sealed record PageOption(string Name, IReadOnlyList<string> Aliases, string? Value, string Description, bool IsRequired)
{
    // The names of values that are files.
    private static readonly string[] Files = ["FILE", "DIR", "PATH", "COW", "ORIGIN"];

    /// <summary>The option as typed: "--mapfile FILE".</summary>
    public string Text => Value is null ? Name : $"{Name} {Value}";

    /// <summary>The option with all its names: "-h, --help".</summary>
    public string Heading => string.Join(", ", Aliases.Append(Text));

    /// <summary>The accepted values.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>True if the value is a comma-separated list of words.</summary>
    public bool IsList { get; private init; }

    /// <summary>True if the value is, or ends with, the name of a file.</summary>
    public bool IsFile => Value is not null && Value.Split('|', '=', ',', '[', ']').Any(static word => Files.Contains(word));

    public static PageOption Of(Option option)
    {
        var value = option.Arity.MaximumNumberOfValues == 0 || option is HelpOption or VersionOption ? null : option.HelpName ?? "VALUE";
        var listed = CommandNotes.ListOf(option.Name);
        var aliases = option.Aliases.Where(static alias => alias[0] == '-').Order(StringComparer.Ordinal);
        return new PageOption(option.Name, [.. aliases], value, Describe(option), option.Required)
        {
            IsList = listed.Count > 0,
            Values = listed.Count > 0 ? listed
                : value is null ? []
                : [.. value.Split('|').Where(IsLiteral)],
        };
    }

    // Placeholders are in capitals.
    private static bool IsLiteral(string word) =>
        word is "P" or "PO" || (word.Length > 0 && word.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)));

    private static string Describe(Option option) => option switch
    {
        HelpOption => "Print this help.",
        VersionOption => "Print the version.",
        _ when DefaultOf(option) is { } value => $"{option.Description} Default: {value}.",
        _ => option.Description!,
    };

    private static string? DefaultOf(Option option) => !option.HasDefaultValue || option.ValueType == typeof(bool) ? null : option.GetDefaultValue() switch
    {
        string text => text,
        long bytes and > 0 when bytes % 1024 == 0 => $"{bytes / 1024}K",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,      // nothing, or an empty list
    };
}
