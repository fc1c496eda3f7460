using System.Collections.Immutable;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The exports of a server by exact name, and those that were removed and are still in use. Any thread; each change is atomic.</summary>
internal sealed class ExportTable
{
    private ImmutableSortedDictionary<string, ExportCore> _exports = ImmutableSortedDictionary<string, ExportCore>.Empty.WithComparers(StringComparer.Ordinal);
    private ImmutableList<ExportCore> _removed = [];

    public IEnumerable<ExportCore> All => Volatile.Read(ref _exports).Values;

    /// <summary>Removed exports that may still be in use.</summary>
    public IEnumerable<ExportCore> AllRemoved => Volatile.Read(ref _removed);

    public ExportCore? Find(string name) => Volatile.Read(ref _exports).GetValueOrDefault(name);

    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(ExportCore export)
    {
        if (!ImmutableInterlocked.Update(ref _exports, static (all, added) => all.ContainsKey(added.Name) ? all : all.Add(added.Name, added), export))
            throw new ArgumentException($"An export '{export.Name}' already exists; choose another name.");
    }

    /// <summary>Removes and closes an export.</summary>
    public ExportCore? Remove(string name)
    {
        ExportCore? removed = null;
        ImmutableInterlocked.Update(ref _exports, all => all.TryGetValue(name, out removed) ? all.Remove(name) : all);
        if (removed is null)
            return null;
        // Added to the list before it is closed, so that a search for exports in use finds it.
        ImmutableInterlocked.Update(ref _removed, static (all, one) => all.RemoveAll(static other => other.Drained.IsSet).Add(one), removed);
        removed.Close();
        return removed;
    }

    /// <summary>Removed exports of this name that may still be in use.</summary>
    public IReadOnlyList<ExportCore> Removed(string name) => Volatile.Read(ref _removed).FindAll(export => export.Name == name && !export.Drained.IsSet);
}
