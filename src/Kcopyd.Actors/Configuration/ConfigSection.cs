using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Kcopyd.Actors.Configuration;

/// <summary>A section of HOCON from which settings are read. Whatever is wrong with it is a <see cref="ConfigurationException"/> that names the setting by its path.</summary>
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

    public int Int(string key) => Read(key, () => checked((int)_config.GetLong(key)));

    /// <summary>A number that need not be there.</summary>
    public int Int(string key, int otherwise) => _config.HasPath(key) ? Int(key) : otherwise;

    public long Bytes(string key) => Read(key, () => _config.GetByteSize(key) ?? throw new FormatException("not a size in bytes"));

    public TimeSpan Time(string key) => Read(key, () => _config.GetTimeSpan(key, allowInfinite: false));

    public bool Bool(string key) => Read(key, () => _config.GetBoolean(key));

    public string Text(string key) => Read(key, () => _config.GetString(key) is { Length: > 0 } text ? text : throw new FormatException("it is empty"));

    public IEnumerable<string> Names(string key) => Read<IEnumerable<string>>(key, () => _config.GetValue(key) is var value && value.IsArray() ? value.GetStringList()
        : value.IsObject() ? throw new FormatException("not a list of names")
        : value.GetString() is { Length: > 0 } name ? [name] : []);     // an empty list comes as nothing

    /// <summary>Reads a setting by a parser of its own.</summary>
    public T Read<T>(string key, Func<T> read)
    {
        if (!_config.HasPath(key))
            throw new ConfigurationException($"{Path}.{key} is missing; the defaults are in KcopydExtension.DefaultConfig().");
        try
        {
            return read();
        }
        // Akka.NET has no one exception for a value that is not of the kind asked for.
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException or NotSupportedException or ConfigurationException or InvalidOperationException or NullReferenceException)
        {
            throw new ConfigurationException($"{Path}.{key} = {Shown(key)}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Refuses a value that is outside its range.</summary>
    public static void Require(bool holds, string path, string key, object? value, string range)
    {
        if (!holds)
            throw new ConfigurationException($"{path}.{key} = {value}: must be {range}.");
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
