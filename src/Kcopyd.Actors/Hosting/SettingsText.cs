using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Hosting;

/// <summary>Renders options set in code as a section of HOCON, omitting those that are null. The key is the name of the added property, see
/// <see cref="SettingKey"/>.</summary>
internal sealed class SettingsText
{
    private readonly StringBuilder _lines = new();

    public SettingsText Add(int? value, [CallerArgumentExpression(nameof(value))] string property = "") => AddText(value?.ToHocon(), property);

    public SettingsText Add(long? value, [CallerArgumentExpression(nameof(value))] string property = "") => AddText(value?.ToHocon(), property);

    public SettingsText Add(bool? value, [CallerArgumentExpression(nameof(value))] string property = "") => AddText(value?.ToHocon(), property);

    public SettingsText Add(string? value, [CallerArgumentExpression(nameof(value))] string property = "") => AddText(value?.ToHocon(), property);

    public SettingsText Add(TimeSpan? value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        AddText(value?.TotalMilliseconds.ToString("0.####'ms'", CultureInfo.InvariantCulture), property);

    public SettingsText Add(OffloadKinds? value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        AddText(value is { } kinds ? $"[{string.Join(", ", OffloadNames.Of(kinds).DefaultIfEmpty(OffloadNames.None))}]" : null, property);

    /// <summary>The section, at its path; empty if nothing is set.</summary>
    public Config At(string path) => _lines.Length == 0 ? Config.Empty : ConfigurationFactory.ParseString($"{path} {{\n{_lines}}}");

    private SettingsText AddText(string? value, string property)
    {
        if (value is not null)
            _lines.Append(CultureInfo.InvariantCulture, $"{SettingKey.Of(property)} = {value}\n");
        return this;
    }
}
