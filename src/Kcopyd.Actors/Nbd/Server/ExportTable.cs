using System.Collections.Immutable;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The exports of a server by their exact names. Any thread; a connection sees each change whole.</summary>
internal sealed class ExportTable
{
    private ImmutableSortedDictionary<string, ExportCore> _exports = ImmutableSortedDictionary<string, ExportCore>.Empty.WithComparers(StringComparer.Ordinal);

    public IEnumerable<ExportCore> All => Volatile.Read(ref _exports).Values;

    public ExportCore? Find(string name) => Volatile.Read(ref _exports).GetValueOrDefault(name);

    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(ExportCore export)
    {
        if (!ImmutableInterlocked.Update(ref _exports, static (all, added) => all.ContainsKey(added.Name) ? all : all.Add(added.Name, added), export))
            throw new ArgumentException($"There is an export '{export.Name}' already; give this one another name.");
    }

    public ExportCore? Remove(string name)
    {
        ExportCore? removed = null;
        ImmutableInterlocked.Update(ref _exports, all => all.TryGetValue(name, out removed) ? all.Remove(name) : all);
        return removed;
    }
}
