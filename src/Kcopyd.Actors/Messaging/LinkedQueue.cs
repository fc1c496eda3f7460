using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.Messaging;

/// <summary>An item with the link for the one <see cref="LinkedQueue{T}"/> that it can be in.</summary>
internal interface IQueued<T>
    where T : class, IQueued<T>
{
    T? Following { get; set; }
}

/// <summary>A FIFO queue linked through its items, without allocations. An item is in at most one queue. Not thread-safe.</summary>
internal struct LinkedQueue<T>
    where T : class, IQueued<T>
{
    private T? _last;

    public T? First { get; private set; }

    public readonly bool IsEmpty => First is null;

    public void Add(T item)
    {
        item.Following = null;
        if (First is null)
            First = item;
        else
            _last!.Following = item;
        _last = item;
    }

    public void AddFirst(T item)
    {
        item.Following = First;
        if (First is null)
            _last = item;
        First = item;
    }

    /// <summary>Moves all items of another queue to the end of this one.</summary>
    public void Append(ref LinkedQueue<T> other)
    {
        if (other.First is null)
            return;
        if (First is null)
            First = other.First;
        else
            _last!.Following = other.First;
        _last = other._last;
        other = default;
    }

    public T? Take()
    {
        var item = First;
        if (item is null)
            return null;
        First = item.Following;
        item.Following = null;
        return item;
    }

    public bool TryTake([NotNullWhen(true)] out T? item) => (item = Take()) is not null;

    /// <summary>Takes all items, still linked, so that one message can return them.</summary>
    public T? TakeAll()
    {
        var first = First;
        this = default;
        return first;
    }

    /// <summary>Removes an item, usually the first; does nothing if the item is not in the queue.</summary>
    public void Remove(T item)
    {
        T? before = null;
        for (var at = First; at is not null; before = at, at = at.Following)
        {
            if (at != item)
                continue;
            if (before is null)
                First = at.Following;
            else
                before.Following = at.Following;
            if (at == _last)
                _last = before;
            at.Following = null;
            return;
        }
    }
}
