namespace Kcopyd.Actors.Messaging;

/// <summary>A message whose sender gets an answer: exactly once, also if the actor stops before, during or after its delivery. Recycled.</summary>
/// <remarks>
/// <para>The promise <em>answered once</em> of jobs and of I/Os is kept here and nowhere else. A message has a number each time that it is used, and whoever
/// settles that number answers: <see cref="TrySettle"/> succeeds once.</para>
/// <para>The actor settles what it has taken, when it is done and when it stops. When it has stopped, its mailbox closes what is still queued
/// (<see cref="Undelivered"/>), and a sender looks whether the actor is gone <em>after</em> it has told the message (<see cref="Recipient.Tell"/>): a message
/// that reached a mailbox that nobody reads is found by one of the two. Numbers make it harmless that they may find it late, when the message has been
/// answered, recycled and told again.</para>
/// </remarks>
internal abstract class AnsweredMessage : LinkedMessage
{
    private long _state;        // twice its number; odd once it is settled

    /// <summary>Its number in this use.</summary>
    public long Id => Volatile.Read(ref _state) >> 1;

    /// <returns>True for the caller that must answer.</returns>
    public bool TrySettle(long id) => Interlocked.CompareExchange(ref _state, (id << 1) | 1, id << 1) == id << 1;

    /// <summary>The actor is gone: answers so, if nobody has answered. Any thread.</summary>
    public void Close(long id)
    {
        if (TrySettle(id))
            AnswerClosed(id);
    }

    public sealed override void Undelivered() => Close(Id);

    /// <summary>Begins a use of the message. Everything else of it has been set before.</summary>
    protected void Begin(long id) => Volatile.Write(ref _state, id << 1);

    /// <summary>Answers that the actor is gone. On the thread that found out: what the answer wakes runs elsewhere.</summary>
    protected abstract void AnswerClosed(long id);
}
