using System.Runtime.CompilerServices;

namespace Kcopyd.Actors.Telemetry;

/// <summary>The objects of one kind that are in use in the process, for its gauges. Any thread.</summary>
/// <remarks>They are not kept alive: those of actors that end without being stopped, like those of the nodes that a simulation kills, vanish with
/// them.</remarks>
internal sealed class LiveObjects<T>
    where T : class
{
    private readonly ConditionalWeakTable<T, object> _objects = [];

    /// <summary>The objects at this moment.</summary>
    public IEnumerable<T> All => _objects.Select(static entry => entry.Key);

    public void Add(T item) => _objects.AddOrUpdate(item, this);

    public void Remove(T item) => _objects.Remove(item);
}
