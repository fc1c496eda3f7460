using System.Threading.Tasks.Sources;
using Akka.Dispatch;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// An I/O on its way: one of the things that can happen next, and the task that its caller awaits, whose continuation runs inline on
/// the pump. If its device has thrown already, it is what the device still does with the memory.
/// </summary>
internal sealed class SimulatedIo(IoEntry entry, Memory<byte> buffer, SeededPump pump) : IRunnable, IValueTaskSource<IoResult>, IValueTaskSource<ExtentResult>
{
    private ManualResetValueTaskSourceCore<IoResult> _task;

    public IoEntry Entry => entry;

    public Memory<byte> Buffer => buffer;

    public bool Fails { get; init; }

    public bool Crashes { get; init; }

    /// <summary>What a map tells.</summary>
    public ExtentResult Extent { get; set; }

    /// <summary>What is cloned.</summary>
    public (SimulatedDevice Device, long Offset) Source { get; init; }

    public required Func<SimulatedIo, IoResult> Perform { get; init; }

    /// <summary>The device no longer owns the memory.</summary>
    public required Action? LetGo { get; init; }

    public void Run()
    {
        LetGo?.Invoke();
        if (entry.IsCompleted)
        {
            if (entry.Kind == IoKind.Read)
                buffer.Span.Fill(0xEE);
            return;
        }
        var result = Perform(this);
        entry.Complete(pump.Steps, result);
        pump.Note(result.Bytes);
        if (Crashes)
            _task.SetException(new IOException($"{entry.Device.Name} has vanished."));
        else
            _task.SetResult(result);
    }

    public void Execute() => Run();

    public IoResult GetResult(short token) => _task.GetResult(token);

    ExtentResult IValueTaskSource<ExtentResult>.GetResult(short token)
    {
        _task.GetResult(token);
        return Extent;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _task.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _task.OnCompleted(continuation, state, token, flags);
}
