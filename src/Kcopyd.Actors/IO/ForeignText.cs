namespace Kcopyd.Actors.IO;

/// <summary>Messages of the system, of .NET and of other programs, inside of ours.</summary>
internal static class ForeignText
{
    /// <summary>A message to be put into a sentence that has an end of its own: some of them have one already.</summary>
    public static string Phrase(string message) => message.TrimEnd(' ', '.', '\r', '\n');
}
