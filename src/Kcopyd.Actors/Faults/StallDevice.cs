namespace Kcopyd.Actors.Faults;

/// <summary>
/// A device that hangs: operations wait, in order, until they are released. A test can use it to stop in the middle of a job for as long as it needs, without
/// sleeping. The device hangs from the start.
/// </summary>
/// <remarks>An operation continues on the thread that releases it, before the call that releases it returns: the underlying device is called there, and if
/// that completes at once, so does the code that awaits the operation without a context. No lock is held then, so that code may start the next
/// operation.</remarks>
public sealed class StallDevice : FaultLayer
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<IoResult?>> _waiting = new();
    private readonly List<Watcher> _watchers = [];
    private bool _open;

    /// <summary>Creates the device, hanging.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="operations">The operations that wait.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    public StallDevice(IBlockDevice inner, IoOperations operations = IoOperations.All, bool leaveOpen = false)
        : base(inner, operations, leaveOpen)
    {
    }

    /// <summary>The number of operations now waiting.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Completes when at least <paramref name="count"/> operations are waiting; at once if they already are.</summary>
    /// <remarks>Code that awaits this never continues inside the call that issues the last of these operations, because that may be on a thread of the engine:
    /// the task completes on the <see cref="SynchronizationContext"/> of the caller of this method. Without one, it completes at once, and what awaits it
    /// without a context continues on the thread pool.</remarks>
    public Task WaitingAsync(int count = 1)
    {
        lock (_gate)
        {
            if (_waiting.Count >= count)
                return Task.CompletedTask;
            var watcher = new Watcher(count, SynchronizationContext.Current);
            _watchers.Add(watcher);
            return watcher.Reached;
        }
    }

    /// <summary>Releases the operation that has waited longest.</summary>
    /// <param name="error">None to pass it to the underlying device; otherwise the error that it ends with.</param>
    /// <returns>False if none was waiting.</returns>
    public bool ReleaseOne(IoError error = IoError.None)
    {
        TaskCompletionSource<IoResult?>? oldest;
        lock (_gate)
            _waiting.TryDequeue(out oldest);
        if (oldest is null)
            return false;
        Inline.SetResult(oldest, End(error));
        return true;
    }

    /// <summary>Releases all operations that are waiting now, oldest first, and lets further ones pass until <see cref="Stall"/>.</summary>
    /// <param name="error">None to pass the waiting operations to the underlying device; otherwise the error that they end with.</param>
    public void Release(IoError error = IoError.None)
    {
        TaskCompletionSource<IoResult?>[] released;
        lock (_gate)
        {
            _open = true;
            released = [.. _waiting];
            _waiting.Clear();
        }
        foreach (var operation in released)
            Inline.SetResult(operation, End(error));
    }

    /// <summary>Hangs again: further operations wait.</summary>
    public void Stall()
    {
        lock (_gate)
            _open = false;
    }

    /// <summary>Ends the waiting operations with <see cref="IoError.Closed"/>, and disposes the underlying device.</summary>
    public override ValueTask DisposeAsync()
    {
        Release(IoError.Closed);
        return base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length)
    {
        var released = new TaskCompletionSource<IoResult?>();
        Watcher[] reached;
        lock (_gate)
        {
            if (_open)
                return default;
            CountInjected();
            _waiting.Enqueue(released);
            reached = [.. _watchers.Where(watcher => watcher.Count <= _waiting.Count)];
            _watchers.RemoveAll(watcher => watcher.Count <= _waiting.Count);
        }
        foreach (var watcher in reached)
            watcher.Complete();
        return new(released.Task);
    }

    private static IoResult? End(IoError error) => error == IoError.None ? null : IoResult.Failure(error);

    private sealed class Watcher(int count, SynchronizationContext? context)
    {
        private readonly TaskCompletionSource _reached =
            new(context is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);

        public int Count => count;

        public Task Reached => _reached.Task;

        public void Complete()
        {
            if (context is null)
                _reached.SetResult();
            else
                context.Post(static state => Inline.SetResult((TaskCompletionSource)state!), _reached);
        }
    }
}
