using System.Text;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Text that a server sent, for people: a terminal must not obey it.</summary>
internal static class NbdText
{
    private const int Most = 256;   // characters of a message

    public static string Clean(ReadOnlySpan<byte> text, int most = Most)
    {
        var characters = Encoding.UTF8.GetString(text);
        var clean = new StringBuilder(Math.Min(characters.Length, most));
        foreach (var character in characters.AsSpan(0, Math.Min(characters.Length, most)))
            clean.Append(char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') ? '?' : character);
        return characters.Length > most ? clean.Append('…').ToString() : clean.ToString();
    }
}
