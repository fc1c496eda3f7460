using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.Messaging;

/// <summary>Has the link of the one <see cref="LinkedQueue{T}"/> that it may be in.</summary>
internal interface IQueued<T>
    where T : class, IQueued<T>
{
    T? Following { get; set; }
}

/// <summary>First in, first out, linked through the items: nothing is allocated. An item is in one queue at most. Used by one owner.</summary>
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

    /// <summary>Moves all of another queue behind what is here.</summary>
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

    /// <summary>Takes all of them, linked: as one message that gives them back.</summary>
    public T? TakeAll()
    {
        var first = First;
        this = default;
        return first;
    }

    /// <summary>Takes an item out, usually the first; nothing happens if it is not there.</summary>
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
