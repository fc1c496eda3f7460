namespace Kcopyd.Actors.Messaging;

/// <summary>Has the links of the one <see cref="LinkedSet{T}"/> that it may be in.</summary>
internal interface IMember<T>
    where T : class, IMember<T>
{
    T? Before { get; set; }

    T? After { get; set; }
}

/// <summary>Items in the order in which they were added, linked through themselves: in, and out from anywhere, costs next to nothing. An item is in one set at
/// most. Used by one owner.</summary>
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

    /// <summary>Takes out an item that is in this set.</summary>
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
