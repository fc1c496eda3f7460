using System.Collections.Concurrent;

namespace Kcopyd.Actors;

/// <summary>
/// The devices of one node by name. A message to another node carries a name, and the node that runs the job looks it up here. Thread-safe. The registry does
/// not own the devices: the caller that opened a device disposes it.
/// </summary>
public sealed class DeviceRegistry
{
    private readonly ConcurrentDictionary<string, IBlockDevice> _devices = new(StringComparer.Ordinal);

    /// <summary>The registered names, in no particular order.</summary>
    public IReadOnlyCollection<string> Names => (IReadOnlyCollection<string>)_devices.Keys;

    /// <summary>Registers a device.</summary>
    /// <exception cref="ArgumentException">The name is empty, or already registered.</exception>
    public void Register(string name, IBlockDevice device)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(device);
        if (!_devices.TryAdd(name, device))
            throw new ArgumentException($"A device named '{name}' is registered already; unregister it first or choose another name.", nameof(name));
    }

    /// <summary>Removes a name. Running jobs on the device continue.</summary>
    /// <returns>False if the name was not registered.</returns>
    public bool Unregister(string name) => _devices.TryRemove(name, out _);

    /// <summary>Gets a device by its name, as its actual type: <c>Get&lt;SnapshotOrigin&gt;("disk")</c>.</summary>
    /// <typeparam name="TDevice">The type that the device must have; <see cref="IBlockDevice"/> accepts any.</typeparam>
    /// <exception cref="KeyNotFoundException">No device has the name; the message lists the registered names.</exception>
    /// <exception cref="InvalidCastException">The device is of another type.</exception>
    public TDevice Get<TDevice>(string name)
        where TDevice : IBlockDevice
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!_devices.TryGetValue(name, out var device))
        {
            var known = string.Join(", ", _devices.Keys.Order(StringComparer.Ordinal).Select(static key => $"'{key}'"));
            throw new KeyNotFoundException($"No device '{name}' is registered; {(known.Length == 0 ? "there are none" : $"registered are {known}")}. "
                + "Register it in system.Kcopyd().Devices first.");
        }
        return device is TDevice wanted
            ? wanted
            : throw new InvalidCastException($"Device '{name}' is a {device.GetType().Name}, not a {typeof(TDevice).Name}.");
    }

    /// <summary>Looks up a name.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IBlockDevice? device) =>
        _devices.TryGetValue(name, out device);
}
