using Kcopyd.Actors;

namespace Kcopyd.Host.Help;

/// <summary>The parts of a command's help that the parser does not know: further sections, exit statuses, examples.</summary>
/// <param name="Sections">Further explanations, each with a title.</param>
/// <param name="Statuses">The exit statuses.</param>
/// <param name="Examples">Usage examples.</param>
internal sealed record CommandNotes(IReadOnlyList<NoteSection> Sections, IReadOnlyList<NoteItem> Statuses, IReadOnlyList<NoteExample> Examples)
{
    private static readonly NoteItem Good = new("0", "Success.");
    private static readonly NoteItem Wrong = new(
        "2", "The command did not start: the arguments are wrong, or something cannot be opened. Nothing was changed.");
    private static readonly NoteItem Interrupted = new(
        "130", "The command was interrupted by SIGINT, SIGTERM or SIGHUP, and reported what it had done.");

    /// <summary>The notes of a command that defines none.</summary>
    public static CommandNotes None { get; } = new([], StatusesOf("Something could not be read or written; each error is reported on standard error."), []);

    /// <summary>The notes of a command.</summary>
    /// <param name="command">The name of the subcommand, such as "snapshot create"; empty for kcopyd itself.</param>
    public static CommandNotes Of(string command) => TransferNotes.Of(command) ?? SnapshotNotes.Of(command) ?? ServeNotes.Of(command) ?? None;

    /// <summary>The words that an option accepts a list of; empty for an option that accepts no list.</summary>
    public static IReadOnlyList<string> ListOf(string option) => option == "--offload" ? [.. OffloadNames.All, OffloadNames.None] : [];

    /// <summary>The exit statuses of a command.</summary>
    /// <param name="errors">The meaning of status 1.</param>
    /// <param name="success">The meaning of status 0; null for the default text.</param>
    public static IReadOnlyList<NoteItem> StatusesOf(string errors, string? success = null) =>
        [success is null ? Good : Good with { Text = success }, new NoteItem("1", errors), Wrong, Interrupted];
}

/// <summary>A section of a page.</summary>
/// <param name="Title">Such as "Sizes".</param>
/// <param name="Text">A paragraph.</param>
/// <param name="Items">Words and their meanings; may be empty.</param>
internal sealed record NoteSection(string Title, string Text, IReadOnlyList<NoteItem> Items);

/// <summary>A word and its meaning.</summary>
internal sealed record NoteItem(string Word, string Text);

/// <summary>An example.</summary>
/// <param name="Text">What the example does.</param>
/// <param name="Line">The command line.</param>
internal sealed record NoteExample(string Text, string Line);
