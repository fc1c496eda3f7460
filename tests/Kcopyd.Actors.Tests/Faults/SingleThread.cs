namespace Kcopyd.Actors.Tests.Faults;

/// <summary>A thread with a synchronization context that runs everything that is posted to it, as a simulation does.</summary>
internal sealed class SingleThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    public int Id { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        Assert(Environment.CurrentManagedThreadId == Id);
        _posted.Enqueue((d, state));
    }

    /// <summary>Runs an asynchronous test on a thread of its own, with this context or without one.</summary>
    public static void Run(bool hasContext, Func<SingleThread, Task> test)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            var context = new SingleThread { Id = Environment.CurrentManagedThreadId };
            SetSynchronizationContext(hasContext ? context : null);
            try
            {
                var running = test(context);
                while (context._posted.TryDequeue(out var next))
                    next.Callback(next.State);
                Assert(running.IsCompleted);        // otherwise it continues elsewhere
                running.GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw new InvalidOperationException("The test failed on its thread.", failure);
    }

    /// <summary>Fails unless it is called on this thread.</summary>
    public void Assert() => Assert(Environment.CurrentManagedThreadId == Id);

    private static void Assert(bool isHere)
    {
        if (!isHere)
            throw new InvalidOperationException("The test has left its thread.");
    }
}
