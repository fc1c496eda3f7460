using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.IO;

/// <summary>
/// Text that a peer, a file, another program or the system has written, as it may stand in a message, a log or on a terminal: nothing in it moves the cursor,
/// begins a line, turns the direction of what follows, or is there and cannot be seen. This is the only place that decides it.
/// </summary>
/// <remarks>JSON takes such text as it is, and escapes it.</remarks>
internal static class ForeignText
{
    private const int Longest = 256, LongestPhrase = 1024;    // characters

    private const char Replacement = '?';

    /// <summary>The text, with '?' for each character that must not be shown, U+FFFD for what is no character, and '…' for what is beyond the limit.</summary>
    public static string Printable(string text, int longest = Longest)
    {
        var clean = new StringBuilder(Math.Min(text.Length, longest));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > longest)
                return clean.Append('…').ToString();
            if (IsShown(rune))
                clean.Append(rune.ToString());
            else
                clean.Append(Replacement);
        }
        return clean.ToString();
    }

    /// <summary>The same of UTF-8, valid or not.</summary>
    public static string Printable(ReadOnlySpan<byte> utf8, int longest = Longest) => Printable(Encoding.UTF8.GetString(utf8), longest);

    /// <summary>A path, whole.</summary>
    public static string Path(string path) => Printable(path, int.MaxValue);

    /// <summary>A message to be put into a sentence that has an end of its own: some messages have one already.</summary>
    public static string Phrase(string message) => Printable(message.TrimEnd(' ', '.', '\r', '\n'), LongestPhrase);

    // Format characters are the bidirectional controls, the zero-width ones, the byte order mark, tags. The rest of what is invisible has no category of its
    // own: joiners, fillers, and selectors of variants.
    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not
            (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not (0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0
            or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF));
}
