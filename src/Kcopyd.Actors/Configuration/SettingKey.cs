using System.Text;

namespace Kcopyd.Actors.Configuration;

/// <summary>The key of a setting: its property's name in the spelling of HOCON. So it is written once, as the property, and everything else takes it from
/// there.</summary>
internal static class SettingKey
{
    /// <summary><c>MaxSubJobs</c> is <c>max-sub-jobs</c>. What is a key already stays one.</summary>
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
