namespace Kcopyd.Actors.Messaging;

/// <summary>An item with the links for the one <see cref="LinkedSet{T}"/> that it can be in.</summary>
internal interface IMember<T>
    where T : class, IMember<T>
{
    T? Before { get; set; }

    T? After { get; set; }
}

/// <summary>Items in insertion order, linked through themselves: insertion, and removal at any position, take constant time. An item is in at most one set. Not
/// thread-safe.</summary>
internal class LinkedSet<T>
    where T : class, IMember<T>
{
    private T? _last;

    public T? First { get; private set; }

    public void Add(T item)
    {
        (item.Before, item.After) = (_last, null);
        if (_last is null)
            First = item;
        else
            _last.After = item;
        _last = item;
    }

    /// <summary>Removes an item, which must be in this set.</summary>
    public void Remove(T item)
    {
        var (before, after) = (item.Before, item.After);
        if (before is null)
            First = after;
        else
            before.After = after;
        if (after is null)
            _last = before;
        else
            after.Before = before;
        (item.Before, item.After) = (null, null);
    }
}
