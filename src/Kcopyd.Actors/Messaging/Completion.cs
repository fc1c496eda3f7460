using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>The source of a task that the library hands out. The first outcome wins. Any thread, also with locks held.</summary>
/// <param name="completions">Where the task completes.</param>
internal class Completion<T>(Completions completions) : TaskCompletionSource<T>(completions.Options)
{
    private int _isSet;

    /// <summary>True once there is an outcome, possibly before the task completes.</summary>
    public bool IsSet => Volatile.Read(ref _isSet) != 0;

    /// <summary>Completes the task, unless there is an outcome.</summary>
    public new void SetResult(T result) => Set(result, static (source, result) => source.TrySetResult(result));

    /// <inheritdoc cref="SetResult"/>
    public new void SetException(Exception exception) => Set(exception, static (source, exception) => source.TrySetException(exception));

    /// <inheritdoc cref="SetResult"/>
    public new void SetCanceled(CancellationToken token) => Set(token, static (source, token) => source.TrySetCanceled(token));

    private void Set<TOutcome>(TOutcome outcome, Action<TaskCompletionSource<T>, TOutcome> set)
    {
        if (Interlocked.Exchange(ref _isSet, 1) != 0)
            return;
        if (completions.AreOnPool)
            set(this, outcome);
        else
            SetLater(outcome, set);
    }

    private void SetLater<TOutcome>(TOutcome outcome, Action<TaskCompletionSource<T>, TOutcome> set) => completions.Run(() => set(this, outcome));
}

/// <summary>Questions to actors.</summary>
internal static class Question
{
    /// <summary>Sends a question to an actor.</summary>
    /// <param name="actor">The actor.</param>
    /// <param name="answer">Receives the answer.</param>
    /// <param name="question">The message, which has <paramref name="answer"/>.</param>
    /// <param name="stopped">Completes when the actor has stopped.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False if the actor has stopped without an answer.</returns>
    public static async Task<bool> AskAsync<T>(
        this IActorRef actor, Completion<T> answer, object question, Task stopped, CancellationToken cancellationToken = default)
    {
        actor.Tell(question, ActorRefs.NoSender);
        using (cancellationToken.UnsafeRegister(static (state, cancelled) => ((Completion<T>)state!).SetCanceled(cancelled), answer))
            await Task.WhenAny(answer.Task, stopped).ConfigureAwait(false);
        return answer.IsSet;
    }
}
