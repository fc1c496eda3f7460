using System.Globalization;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The words of a mirror's status that two systems have in common.</summary>
internal static class MirrorStatusWords
{
    /// <param name="status">A line of <c>dmsetup status</c>, with or without the range at its beginning.</param>
    /// <returns>The line without the range, and with a dash for the name of each device.</returns>
    public static string Of(string status)
    {
        var words = status.Split(' ');
        var at = Array.IndexOf(words, "mirror");
        if (at < 0)
            return status;
        words = words[at..];
        words.AsSpan(2, int.Parse(words[1], CultureInfo.InvariantCulture)).Fill("-");
        if (Array.IndexOf(words, "disk") is var disk and >= 0)
            words[disk + 1] = "-";
        return string.Join(' ', words);
    }

    public static string Of(int legs, long inSync, long regions) =>
        $"mirror {legs} {string.Join(' ', Enumerable.Repeat('-', legs))} {inSync}/{regions} 1 {new string('A', legs)} 3 disk - A";
}
