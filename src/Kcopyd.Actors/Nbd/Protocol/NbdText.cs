using System.Text;

namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>Text that a server sent, for people: a terminal must not obey it.</summary>
internal static class NbdText
{
    private const int Most = 256;   // characters of a message

    public static string Clean(ReadOnlySpan<byte> text, int most = Most) => Printable(Encoding.UTF8.GetString(text), most);

    public static string Printable(string text, int most = Most)
    {
        var clean = new StringBuilder(Math.Min(text.Length, most));
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, most)))
            clean.Append(char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') ? '?' : character);
        return text.Length > most ? clean.Append('…').ToString() : clean.ToString();
    }
}
