using Kcopyd.Actors;

namespace Kcopyd.Host.Help;

/// <summary>What the parser does not know of a command: more about it, exit statuses, examples.</summary>
/// <param name="Sections">Whatever else is to be explained, each with a title.</param>
/// <param name="Statuses">What its exit status says.</param>
/// <param name="Examples">How it is used.</param>
internal sealed record CommandNotes(IReadOnlyList<NoteSection> Sections, IReadOnlyList<NoteItem> Statuses, IReadOnlyList<NoteExample> Examples)
{
    private static readonly NoteItem Good = new("0", "All is well.");
    private static readonly NoteItem Wrong = new("2", "It did not begin: the arguments are wrong, or something cannot be opened. Nothing was changed.");
    private static readonly NoteItem Interrupted = new("130", "It was interrupted by SIGINT, SIGTERM or SIGHUP, and said how far it came.");

    /// <summary>A command without notes of its own.</summary>
    public static CommandNotes None { get; } = new([], StatusesOf("Something could not be read or written; each is named on standard error."), []);

    /// <summary>The notes of a command.</summary>
    /// <param name="command">Its name below kcopyd, such as "snapshot create"; empty for kcopyd itself.</param>
    public static CommandNotes Of(string command) => TransferNotes.Of(command) ?? SnapshotNotes.Of(command) ?? ServeNotes.Of(command) ?? None;

    /// <summary>The words that an option takes a list of; empty for all others.</summary>
    public static IReadOnlyList<string> ListOf(string option) => option == "--offload" ? [.. OffloadNames.All, OffloadNames.None] : [];

    /// <summary>The exit statuses of a command.</summary>
    /// <param name="errors">What 1 says.</param>
    /// <param name="success">What 0 says.</param>
    public static IReadOnlyList<NoteItem> StatusesOf(string errors, string? success = null) =>
        [success is null ? Good : Good with { Text = success }, new NoteItem("1", errors), Wrong, Interrupted];
}

/// <summary>A section of a page.</summary>
/// <param name="Title">Such as "Sizes".</param>
/// <param name="Text">A paragraph.</param>
/// <param name="Items">Words, each with what it means; may be empty.</param>
internal sealed record NoteSection(string Title, string Text, IReadOnlyList<NoteItem> Items);

/// <summary>A word and what it means.</summary>
internal sealed record NoteItem(string Word, string Text);

/// <summary>An example.</summary>
/// <param name="Text">What it does.</param>
/// <param name="Line">What is typed.</param>
internal sealed record NoteExample(string Text, string Line);
