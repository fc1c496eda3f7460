namespace Kcopyd.Actors.Faults;

/// <summary>
/// A device that hangs: operations wait, in order, until they are released. With it a test stands still in the middle of a
/// job for as long as it likes, without a sleep. It hangs from the start.
/// </summary>
public sealed class StallDevice : FaultLayer
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<IoResult?>> _waiting = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _watchers = [];
    private bool _open;

    /// <summary>Hangs a device.</summary>
    /// <param name="inner">The device beneath.</param>
    /// <param name="operations">The operations that wait.</param>
    /// <param name="leaveOpen">False, the default, if the layer disposes the device beneath with itself.</param>
    public StallDevice(IBlockDevice inner, IoOperations operations = IoOperations.All, bool leaveOpen = false)
        : base(inner, operations, leaveOpen)
    {
    }

    /// <summary>How many operations wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Completes when at least <paramref name="count"/> operations wait; at once if they do.</summary>
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

    /// <summary>Lets the operation go that has waited longest.</summary>
    /// <param name="error">None to hand it on to the device beneath, or the error that it ends with.</param>
    /// <returns>False if none was waiting.</returns>
    public bool ReleaseOne(IoError error = IoError.None)
    {
        TaskCompletionSource<IoResult?>? oldest;
        lock (_gate)
            _waiting.TryDequeue(out oldest);
        return oldest is not null && oldest.TrySetResult(End(error));
    }

    /// <summary>Lets everything go that waits, and everything that comes until <see cref="Stall"/>.</summary>
    /// <param name="error">None to hand those that wait on to the device beneath, or the error that they end with.</param>
    public void Release(IoError error = IoError.None)
    {
        lock (_gate)
            _open = true;
        while (ReleaseOne(error))
        {
        }
    }

    /// <summary>Hangs again: operations that come from now on wait.</summary>
    public void Stall()
    {
        lock (_gate)
            _open = false;
    }

    /// <summary>Ends what waits with <see cref="IoError.Closed"/>, and disposes the device beneath.</summary>
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
