using System.Collections.Concurrent;

namespace Kcopyd.Actors;

/// <summary>
/// The devices of one node by name. A message that crosses a wire carries a name, and the node that runs the job looks it up here.
/// Any thread may call any member. The registry does not own the devices: who opened one disposes it.
/// </summary>
public sealed class DeviceRegistry
{
    private readonly ConcurrentDictionary<string, IBlockDevice> _devices = new(StringComparer.Ordinal);

    /// <summary>The registered names, in no order.</summary>
    public IReadOnlyCollection<string> Names => (IReadOnlyCollection<string>)_devices.Keys;

    /// <summary>Registers a device.</summary>
    /// <exception cref="ArgumentException">The name is empty, or another device has it.</exception>
    public void Register(string name, IBlockDevice device)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(device);
        if (!_devices.TryAdd(name, device))
            throw new ArgumentException($"A device named '{name}' is registered already; unregister it first or choose another name.", nameof(name));
    }

    /// <summary>Forgets a name. Jobs that run on the device continue.</summary>
    /// <returns>False if there was no such name.</returns>
    public bool Unregister(string name) => _devices.TryRemove(name, out _);

    /// <summary>The device of a name, as what it is: <c>Get&lt;SnapshotOrigin&gt;("disk")</c>.</summary>
    /// <typeparam name="TDevice">What the device must be; <see cref="IBlockDevice"/> takes any.</typeparam>
    /// <exception cref="KeyNotFoundException">No device has the name; the message lists those that are there.</exception>
    /// <exception cref="InvalidCastException">The device is something else.</exception>
    public TDevice Get<TDevice>(string name)
        where TDevice : IBlockDevice
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!_devices.TryGetValue(name, out var device))
        {
            var known = string.Join(", ", _devices.Keys.Order(StringComparer.Ordinal).Select(static key => $"'{key}'"));
            throw new KeyNotFoundException($"No device '{name}' is registered; {(known.Length == 0 ? "none is" : $"these are: {known}")}. Register it in system.Kcopyd().Devices first.");
        }
        return device is TDevice wanted ? wanted : throw new InvalidCastException($"Device '{name}' is a {device.GetType().Name}, and not a {typeof(TDevice).Name}.");
    }

    /// <summary>Looks a name up.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IBlockDevice? device) =>
        _devices.TryGetValue(name, out device);
}
