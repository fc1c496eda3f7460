using System.Globalization;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>How the reports of this namespace print values and times: the same in every culture, so that reports of equal runs are equal.</summary>
internal static class Text
{
    public static string Of<T>(T value) => value switch
    {
        null => "null",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "null",
    };

    public static string Time(TimeSpan? time) => time is { } known ? known.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture) + "s" : "";

    public static string Of(ReadOnlySpan<long> stamps) => stamps.Length == 0 ? "nothing"
        : stamps.IndexOfAnyExcept(stamps[0]) < 0 ? Of(stamps[0])
        : string.Join(' ', stamps.ToArray().Select(stamp => Of(stamp)));
}
