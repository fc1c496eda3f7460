using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// Where the tasks complete that the library hands out. The code that awaits them may block, so it never continues on the stack of the actor that completes
/// one: without a context of its own, it continues on the thread pool, or on the dispatcher of <see cref="Setting"/>.
/// </summary>
/// <remarks>On the thread pool, a task completes at once, and only its continuations are queued: a thread that blocks on the task needs no other thread to
/// wake it. With a dispatcher, a task completes in a work item, with all its continuations: nothing leaves a dispatcher that replays a simulation. There, too,
/// tasks complete in the order in which they got their outcomes: a client that says that it is destroyed has completed all its copies.</remarks>
internal sealed class Completions
{
    /// <summary>The path of the dispatcher; empty for the thread pool.</summary>
    public const string Setting = "kcopyd.completion-dispatcher";

    private readonly Elsewhere? _elsewhere;
    private readonly ConcurrentQueue<Action> _waiting = new();
    private readonly ActionRunnable _completeOldest;

    private Completions(Elsewhere? elsewhere)
    {
        _elsewhere = elsewhere;
        _completeOldest = new ActionRunnable(CompleteOldest);
    }

    /// <summary>On the thread pool.</summary>
    public static Completions OnPool { get; } = new(null);

    /// <summary>How a task is created that completes there.</summary>
    public TaskCreationOptions Options => _elsewhere is null ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None;

    /// <summary>True if a task completes at once.</summary>
    public bool AreOnPool => _elsewhere is null;

    /// <summary>Those that an actor system's configuration determines.</summary>
    /// <exception cref="ConfigurationException">The dispatcher does not exist.</exception>
    public static Completions Of(ActorSystem system)
    {
        var dispatcher = system.Settings.Config.GetString(Setting);
        if (string.IsNullOrEmpty(dispatcher))
            return OnPool;
        if (!system.Dispatchers.HasDispatcher(dispatcher))
            throw new ConfigurationException($"{Setting} = {dispatcher}: must be the path of a dispatcher's section, or empty for the thread pool.");
        return new Completions(new Elsewhere(system.Dispatchers.Lookup(dispatcher).Schedule, OnPool));
    }

    /// <summary>Runs what completes tasks, off the caller's stack.</summary>
    public void Run(Action complete)
    {
        if (_elsewhere is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work(), complete, preferLocal: false);
            return;
        }
        _waiting.Enqueue(complete);
        _elsewhere.Run(_completeOldest);
    }

    private void CompleteOldest()
    {
        if (_waiting.TryDequeue(out var complete))
            complete();
    }
}
