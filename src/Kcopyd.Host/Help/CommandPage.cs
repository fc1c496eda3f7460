using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;

namespace Kcopyd.Host.Help;

/// <summary>All that there is to say about one command: what <c>--help</c>, the man page and the completion are made of.</summary>
/// <param name="Words">Its name and those of the commands above it, such as "kcopyd", "snapshot", "create".</param>
/// <param name="Summary">What it does, in a sentence or two.</param>
/// <param name="Operands">What it takes that is no option, in order.</param>
/// <param name="Options">Its options.</param>
/// <param name="Commands">The commands below it.</param>
/// <param name="Notes">What the parser does not know of it.</param>
internal sealed record CommandPage(
    IReadOnlyList<string> Words, string Summary, IReadOnlyList<PageOperand> Operands, IReadOnlyList<PageOption> Options, 
    IReadOnlyList<CommandPage> Commands, CommandNotes Notes)
{
    /// <summary>As it is typed: "kcopyd snapshot create".</summary>
    public string Name => string.Join(' ', Words);

    /// <summary>The name of its man page: "kcopyd-snapshot-create".</summary>
    public string FileName => string.Join('-', Words);

    /// <summary>It and all commands below it.</summary>
    public IEnumerable<CommandPage> All => Commands.SelectMany(static command => command.All).Prepend(this);

    /// <summary>The first sentence of the summary, without its full stop.</summary>
    public string Title => Summary.Split(". ")[0].TrimEnd('.');

    /// <summary>How it is called, such as "kcopyd copy [OPTION...] SOURCE DEST...".</summary>
    public string Usage => string.Join(' ',
    [
        Name,
        .. Commands.Count > 0 ? ["COMMAND"] : Array.Empty<string>(),
        .. Options.Where(static option => option.IsRequired).Select(static option => option.Text),
        "[OPTION...]",
        .. Operands.Select(static operand => operand.Text),
    ]);

    /// <summary>The page of a command, with those of the commands below it.</summary>
    public static CommandPage Of(Command command) => Of(command, [.. Above(command)]);

    private static CommandPage Of(Command command, string[] words) => new(
        words,
        command.Description!,
        [.. command.Arguments.Where(static argument => !argument.Hidden).Select(PageOperand.Of)],
        [.. command.Options.Where(static option => !option.Hidden).Concat(words.Length > 1 ? [new HelpOption()] : []).Select(PageOption.Of)],
        [.. command.Subcommands.Where(static child => !child.Hidden).Select(child => Of(child, [.. words, child.Name]))],
        CommandNotes.Of(string.Join(' ', words.Skip(1))));

    // The root has the name of the program's file, whatever that is called today.
    private static IEnumerable<string> Above(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? [.. Above(parent), command.Name] : ["kcopyd"];
}

/// <summary>An operand.</summary>
/// <param name="Name">Such as "SOURCE".</param>
/// <param name="Description">What it is.</param>
/// <param name="Values">The words that it may be; empty if it is a file.</param>
/// <param name="IsOptional">True if it may be left out.</param>
/// <param name="IsRepeated">True if there may be several.</param>
internal sealed record PageOperand(string Name, string Description, IReadOnlyList<string> Values, bool IsOptional, bool IsRepeated)
{
    public string Text => (IsRepeated ? Name + "..." : Name) is var text && IsOptional ? $"[{text}]" : text;

    public static PageOperand Of(Argument argument) => new(
        argument.Name, argument.Description!, argument.HelpName is { } values ? values.Split('|') : [],
        argument.Arity.MinimumNumberOfValues == 0, argument.Arity.MaximumNumberOfValues > 1);
}

/// <summary>An option.</summary>
/// <param name="Name">Such as "--mapfile".</param>
/// <param name="Aliases">Other names that it has.</param>
/// <param name="Value">What its value is called, such as "FILE" or "auto|direct|buffered"; null if it takes none.</param>
/// <param name="Description">What it does, and its default.</param>
/// <param name="IsRequired">True if it may not be left out.</param>
internal sealed record PageOption(string Name, IReadOnlyList<string> Aliases, string? Value, string Description, bool IsRequired)
{
    // What values are called that are names of files.
    private static readonly string[] Files = ["FILE", "DIR", "PATH", "COW", "ORIGIN"];

    /// <summary>As it is typed: "--mapfile FILE".</summary>
    public string Text => Value is null ? Name : $"{Name} {Value}";

    /// <summary>With all its names: "-h, --help".</summary>
    public string Heading => string.Join(", ", Aliases.Append(Text));

    /// <summary>The words that its value may be.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>True if the value may be several of the words, with commas between them.</summary>
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

    // Other names of values are in capitals.
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
