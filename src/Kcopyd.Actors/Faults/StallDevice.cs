namespace Kcopyd.Actors.Faults;

/// <summary>
/// A device that hangs: operations wait, in order, until they are released. A test can use it to stop in the middle of a job for as long as it needs, without
/// sleeping. The device hangs from the start.
/// </summary>
public sealed class StallDevice : FaultLayer
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<IoResult?>> _waiting = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _watchers = [];
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
    public Task WaitingAsync(int count = 1)
    {
        lock (_gate)
        {
            if (_waiting.Count >= count)
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _watchers.Add((count, reached));
            return reached.Task;
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
        return oldest is not null && oldest.TrySetResult(End(error));
    }

    /// <summary>Releases all waiting operations, and lets all others pass until <see cref="Stall"/>.</summary>
    /// <param name="error">None to pass the waiting operations to the underlying device; otherwise the error that they end with.</param>
    public void Release(IoError error = IoError.None)
    {
        lock (_gate)
            _open = true;
        while (ReleaseOne(error))
        {
        }
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
        lock (_gate)
        {
            if (_open)
                return default;
            CountInjected();
            var released = new TaskCompletionSource<IoResult?>();
            _waiting.Enqueue(released);
            foreach (var (count, reached) in _watchers)
                if (_waiting.Count >= count)
                    reached.TrySetResult();
            _watchers.RemoveAll(watcher => watcher.Reached.Task.IsCompleted);
            return new(released.Task);
        }
    }

    private static IoResult? End(IoError error) => error == IoError.None ? null : IoResult.Failure(error);
}
