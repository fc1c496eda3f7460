using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Kcopyd.Actors.Configuration;

/// <summary>A section of HOCON from which settings are read, each by its key or by its property's name (<see cref="SettingKey"/>). Whatever is wrong with it is
/// a <see cref="ConfigurationException"/> that names the setting by its path.</summary>
internal sealed class ConfigSection
{
    private readonly Config _config;

    /// <param name="config">The section.</param>
    /// <param name="path">Where it stands.</param>
    public ConfigSection(Config config, string path) => (_config, Path) = (config, path);

    /// <summary>Where it stands, for messages.</summary>
    public string Path { get; }

    /// <summary>A section, and another one that has what is not set there.</summary>
    /// <exception cref="ConfigurationException">It is something else than a section.</exception>
    public static ConfigSection Of(Config root, string path, string? fallback = null)
    {
        var config = Section(root, path);
        return new ConfigSection(fallback is null ? config : config.WithFallback(Section(root, fallback)), path);
    }

    /// <summary>Refuses keys that no setting has: what is misspelt would be ignored.</summary>
    /// <param name="root">The whole configuration.</param>
    /// <param name="path">The section; nothing is checked if there is none.</param>
    /// <param name="known">The keys that it may have.</param>
    /// <exception cref="ConfigurationException">A key is none of them.</exception>
    public static void RequireKnownKeys(Config root, string path, IReadOnlyCollection<string> known)
    {
        foreach (var key in Keys(root, path))
        {
            if (!known.Contains(key))
                throw new ConfigurationException($"{path}.{key}: there is no such setting. Known are {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
        }
    }

    /// <summary>The keys of a section; none if there is no section.</summary>
    /// <exception cref="ConfigurationException">It is something else than a section.</exception>
    public static IEnumerable<string> Keys(Config root, string path) =>
        root.HasPath(path) ? Section(root, path).AsEnumerable().Select(static pair => pair.Key) : [];

    public int Int(string setting) => Read(setting, key => checked((int)_config.GetLong(key)));

    /// <summary>A number that need not be there.</summary>
    public int Int(string setting, int otherwise) => _config.HasPath(SettingKey.Of(setting)) ? Int(setting) : otherwise;

    public long Bytes(string setting) => Read(setting, BytesAt);

    /// <summary>Bytes of something that is in memory.</summary>
    public int Size(string setting) => Read(setting, key => checked((int)BytesAt(key)));

    public TimeSpan Time(string setting) => Read(setting, key => _config.GetTimeSpan(key, allowInfinite: false));

    public bool Bool(string setting) => Read(setting, key => _config.GetBoolean(key));

    public string Text(string setting) => Read(setting, key => _config.GetString(key) is { Length: > 0 } text ? text : throw new FormatException("it is empty"));

    /// <summary>A list of names, or one name, by a parser of its own.</summary>
    public T Names<T>(string setting, Func<IEnumerable<string>, T> parse) => Read(setting, key => parse(_config.GetValue(key) is var value && value.IsArray() ? value.GetStringList()
        : value.IsObject() ? throw new FormatException("not a list of names")
        : value.GetString() is { Length: > 0 } name ? [name] : []));     // an empty list comes as nothing

    /// <summary>Refuses a value that is outside its range.</summary>
    /// <param name="holds">True if it is within.</param>
    /// <param name="path">The section.</param>
    /// <param name="value">The property, whose name is the key.</param>
    /// <param name="range">The range, for people.</param>
    /// <param name="property">Left to the compiler.</param>
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
        // Akka.NET has no one exception for a value that is not of the kind asked for.
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException or NotSupportedException or ConfigurationException or InvalidOperationException or NullReferenceException)
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
        HoconValue value = root.HasPath(path) ? root.GetValue(path) : throw new ConfigurationException($"{path} is missing; the defaults are in KcopydExtension.DefaultConfig().");
        return value.IsObject() ? root.GetConfig(path) : throw new ConfigurationException($"{path} = {value}: must be a section, {path} {{ ... }}.");
    }
}
