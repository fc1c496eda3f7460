using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Asks a device for a run and answers as an I/O of no bytes, which is what a worker waits for. One at a time; it is allocated once, and
/// asking allocates nothing.
/// </summary>
internal sealed class MapQuery : IValueTaskSource<IoResult>
{
    private readonly Action _answered;
    private ManualResetValueTaskSourceCore<IoResult> _task;
    private ConfiguredValueTaskAwaitable<ExtentResult>.ConfiguredValueTaskAwaiter _pending;

    public MapQuery() => _answered = Answered;

    /// <summary>The answer, once it is there.</summary>
    public ExtentResult Extent { get; private set; }

    public ValueTask<IoResult> Ask(IBlockDevice device, long offset, long length)
    {
        Extent = default;
#pragma warning disable CA2012 // consumed once: here, or when it is answered
        var awaiter = device.MapAsync(offset, length).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (awaiter.IsCompleted)
            return new(Take(awaiter.GetResult()));
        _task.Reset();
        _pending = awaiter;
        var task = new ValueTask<IoResult>(this, _task.Version);
        awaiter.UnsafeOnCompleted(_answered);
        return task;
    }

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => _task.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<IoResult>.GetStatus(short token) => _task.GetStatus(token);

    void IValueTaskSource<IoResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _task.OnCompleted(continuation, state, token, flags);

    private void Answered()
    {
        IoResult result;
        try
        {
            var pending = _pending;
            _pending = default;
            result = Take(pending.GetResult());
        }
        catch (Exception exception)
        {
            _task.SetException(exception);      // the worker's, which dies of it as of any broken device
            return;
        }
        _task.SetResult(result);
    }

    private IoResult Take(ExtentResult extent)
    {
        Extent = extent;
        return new IoResult(0, extent.Error);
    }
}
