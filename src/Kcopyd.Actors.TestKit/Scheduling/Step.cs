using System.Runtime.CompilerServices;
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

    private string Describe() => Describe(Work is PlainStep plain ? plain.Action : Work);

    private static string Describe(object work) => work switch
    {
        Mailbox { MessageQueue: RecordedQueue queue } => $"{ActorNames.Path(queue.Owner)} runs",
        Mailbox => "an actor runs",
        Continuation { State: Delegate state } => $"continues {Name(state)}",
        Continuation continuation => $"continues {Name(continuation.Callback)}",
        Action { Target: { } target } when IsPartOf(target, typeof(SimulatedTime)) => "a timer fires",
        Action { Target: { } target } when IsPartOf(target, typeof(SimulatedScheduler)) => "a timer of the actor system fires",
        Action action => Name(action),
        _ => work.ToString() ?? work.GetType().Name,
    };

    // The type is that of the closure, or of the state machine, whose name holds the method's and which the runtime wraps in a generic type.
    private static string Name(Delegate code)
    {
        var type = code.Target?.GetType() ?? code.Method.DeclaringType;
        var machine = type?.GetGenericArguments().FirstOrDefault(static argument => argument.IsAssignableTo(typeof(IAsyncStateMachine)));
        return machine is null ? $"{type?.FullName?.Split('[')[0]}.{code.Method.Name}" : $"{machine.FullName?.Split('[')[0]}";
    }

    private static bool IsPartOf(object closure, Type outer)
    {
        for (var type = closure.GetType(); type is not null; type = type.DeclaringType)
        {
            if (type == outer)
                return true;
        }
        return false;
    }
}

/// <summary>The rest of an asynchronous method.</summary>
internal sealed record Continuation(SendOrPostCallback Callback, object? State);
