using System.Text;

namespace Kcopyd.Actors.Configuration;

/// <summary>The key of a setting: its property's name in HOCON spelling. The name is thus written only once, as the property.</summary>
internal static class SettingKey
{
    /// <summary><c>MaxSubJobs</c> becomes <c>max-sub-jobs</c>. A key is returned unchanged.</summary>
    public static string Of(string property)
    {
        var key = new StringBuilder(property.Length + 4);
        foreach (var letter in property)
        {
            if (char.IsAsciiLetterUpper(letter) && key.Length > 0)
                key.Append('-');
            key.Append(char.ToLowerInvariant(letter));
        }
        return key.ToString();
    }
}
