using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.IO;

/// <summary>
/// Makes text from a peer, a file, another program or the system safe for a message, a log or a terminal: nothing in the result moves the cursor, starts a
/// line, changes the direction of the text that follows, or is invisible. This is the only place that decides what is safe.
/// </summary>
/// <remarks>JSON output does not need this: it escapes such text.</remarks>
internal static class ForeignText
{
    private const int MaxLength = 256, MaxPhraseLength = 1024;    // characters

    private const char Replacement = '?';

    /// <summary>The text, with '?' for each character that must not be shown, U+FFFD for each invalid one, and '…' for the text beyond the limit.</summary>
    public static string Printable(string text, int maxLength = MaxLength)
    {
        var clean = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > maxLength)
                return clean.Append('…').ToString();
            if (IsShown(rune))
                clean.Append(rune.ToString());
            else
                clean.Append(Replacement);
        }
        return clean.ToString();
    }

    /// <summary>The same for UTF-8, valid or not.</summary>
    public static string Printable(ReadOnlySpan<byte> utf8, int maxLength = MaxLength) => Printable(Encoding.UTF8.GetString(utf8), maxLength);

    /// <summary>A path, whatever its length.</summary>
    public static string Path(string path) => Printable(path, int.MaxValue);

    /// <summary>A message for use in a sentence, without the period that some messages end with.</summary>
    public static string Phrase(string message) => Printable(message.TrimEnd(' ', '.', '\r', '\n'), MaxPhraseLength);

    // Format characters are bidirectional controls, zero-width characters, the byte order mark, and tags. The other invisible characters have no category of
    // their own: joiners, fillers, and variation selectors.
    private static bool IsShown(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not
            (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not (0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0
            or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF));
}
