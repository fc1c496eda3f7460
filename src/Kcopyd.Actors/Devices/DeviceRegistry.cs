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

    /// <summary>Forgets a name. Jobs that run on the device go on.</summary>
    /// <returns>False if there was no such name.</returns>
    public bool Unregister(string name) => _devices.TryRemove(name, out _);

    /// <summary>Looks a name up.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IBlockDevice? device) =>
        _devices.TryGetValue(name, out device);
}
