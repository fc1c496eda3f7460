using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Kcopyd.Actors.Configuration;

/// <summary>A section of HOCON from which settings are read, each by its key or by its property's name (<see cref="SettingKey"/>). Every error in it is a
/// <see cref="ConfigurationException"/> that names the setting by its path.</summary>
internal sealed class ConfigSection
{
    private readonly Config _config;

    /// <param name="config">The section.</param>
    /// <param name="path">Its path.</param>
    public ConfigSection(Config config, string path) => (_config, Path) = (config, path);

    /// <summary>The path of the section, for messages.</summary>
    public string Path { get; }

    /// <summary>Gets a section, with an optional fallback section for settings that it does not have.</summary>
    /// <exception cref="ConfigurationException">The path exists and is not a section.</exception>
    public static ConfigSection Of(Config root, string path, string? fallback = null)
    {
        var config = Section(root, path);
        return new ConfigSection(fallback is null ? config : config.WithFallback(Section(root, fallback)), path);
    }

    /// <summary>Refuses unknown keys: a misspelt key would otherwise be ignored.</summary>
    /// <param name="root">The whole configuration.</param>
    /// <param name="path">The section; nothing is checked if it does not exist.</param>
    /// <param name="known">The valid keys.</param>
    /// <exception cref="ConfigurationException">A key is not valid.</exception>
    public static void RequireKnownKeys(Config root, string path, IReadOnlyCollection<string> known)
    {
        foreach (var key in Keys(root, path))
        {
            if (!known.Contains(key))
            {
                throw new ConfigurationException(
                    $"{path}.{key}: there is no such setting. The known settings are {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            }
        }
    }

    /// <summary>The keys of a section; none if it does not exist.</summary>
    /// <exception cref="ConfigurationException">The path exists and is not a section.</exception>
    public static IEnumerable<string> Keys(Config root, string path) =>
        root.HasPath(path) ? Section(root, path).AsEnumerable().Select(static pair => pair.Key) : [];

    public int Int(string setting) => Read(setting, key => checked((int)_config.GetLong(key)));

    /// <summary>Reads an optional number.</summary>
    public int Int(string setting, int otherwise) => _config.HasPath(SettingKey.Of(setting)) ? Int(setting) : otherwise;

    public long Bytes(string setting) => Read(setting, BytesAt);

    /// <summary>Reads a number of bytes that must fit in memory.</summary>
    public int Size(string setting) => Read(setting, key => checked((int)BytesAt(key)));

    public TimeSpan Time(string setting) => Read(setting, key => _config.GetTimeSpan(key, allowInfinite: false));

    public bool Bool(string setting) => Read(setting, key => _config.GetBoolean(key));

    public string Text(string setting) =>
        Read(setting, key => _config.GetString(key) is { Length: > 0 } text ? text : throw new FormatException("it is empty"));

    /// <summary>Reads a list of names, or one name, with the caller's parser.</summary>
    public T Names<T>(string setting, Func<IEnumerable<string>, T> parse) => Read(setting, key => parse(
        _config.GetValue(key) is var value && value.IsArray() ? value.GetStringList()
        : value.IsObject() ? throw new FormatException("not a list of names")
        : value.GetString() is { Length: > 0 } name ? [name] : []));     // an empty list reads as no value

    /// <summary>Refuses a value outside its range.</summary>
    /// <param name="holds">True if the value is within its range.</param>
    /// <param name="path">The section.</param>
    /// <param name="value">The property, whose name is the key.</param>
    /// <param name="range">A description of the range, for the message.</param>
    /// <param name="property">Supplied by the compiler.</param>
    public static void Require<T>(bool holds, string path, T value, string range, [CallerArgumentExpression(nameof(value))] string property = "")
    {
        if (!holds)
            throw new ConfigurationException($"{path}.{SettingKey.Of(property)} = {value}: must be {range}.");
    }

    private long BytesAt(string key) => _config.GetByteSize(key) ?? throw new FormatException("not a size in bytes");

    private T Read<T>(string setting, Func<string, T> read)
    {
        var key = SettingKey.Of(setting);
        if (!_config.HasPath(key))
            throw new ConfigurationException($"{Path}.{key} is missing; the defaults are in KcopydExtension.DefaultConfig().");
        try
        {
            return read(key);
        }
        // Akka.NET has no single exception for a value of the wrong type.
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException or NotSupportedException
            or ConfigurationException or InvalidOperationException or NullReferenceException)
        {
            throw new ConfigurationException($"{Path}.{key} = {Shown(key)}: cannot be read: {exception.Message}", exception);
        }
    }

    private string Shown(string key)
    {
        var value = _config.GetValue(key);
        return value.IsObject() || value.IsArray() ? value.ToString() : value.GetString();
    }

    private static Config Section(Config root, string path)
    {
        HoconValue value = root.HasPath(path)
            ? root.GetValue(path)
            : throw new ConfigurationException($"{path} is missing; the defaults are in KcopydExtension.DefaultConfig().");
        return value.IsObject() ? root.GetConfig(path) : throw new ConfigurationException($"{path} = {value}: must be a section, {path} {{ ... }}.");
    }
}
