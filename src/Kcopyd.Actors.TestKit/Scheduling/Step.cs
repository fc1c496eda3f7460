using Akka.Dispatch;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Something that can happen next.</summary>
/// <param name="Process">The process to which it belongs; null for the world itself: a network, a script.</param>
/// <param name="Work">An <see cref="IRunnable"/>, an <see cref="Action"/> or a <see cref="Continuation"/>.</param>
/// <param name="Number">Distinguishes the steps of a run.</param>
internal readonly record struct Step(Process? Process, object Work, long Number)
{
    public bool IsDead => Process is { IsAlive: false };

    public void Run()
    {
        switch (Work)
        {
            case IRunnable runnable:
                runnable.Run();
                break;
            case Continuation continuation:
                continuation.Callback(continuation.State);
                break;
            default:
                ((Action)Work)();
                break;
        }
    }

    public override string ToString() => $"{Process?.ToString() ?? "world"}: {Describe()}";

    private string Describe() => Work switch
    {
        Mailbox => "an actor processes a message",
        Continuation { State: Delegate state } => $"continues {Name(state)}",
        Continuation continuation => $"continues {Name(continuation.Callback)}",
        Action action => Name(action),
        _ => Work.ToString() ?? Work.GetType().Name,
    };

    // The type is that of the closure or of the state machine, whose name holds the method's.
    private static string Name(Delegate code) =>
        $"{(code.Target?.GetType() ?? code.Method.DeclaringType)?.FullName?.Split('[')[0]}.{code.Method.Name}";
}

/// <summary>The rest of an asynchronous method.</summary>
internal sealed record Continuation(SendOrPostCallback Callback, object? State);
