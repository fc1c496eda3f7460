namespace Kcopyd.Actors.Messaging;

/// <summary>A message whose sender gets exactly one answer, even if the actor stops before, during or after delivery. Recycled.</summary>
/// <remarks>
/// <para>This class alone implements the guarantee <em>answered once</em> of jobs and I/Os. Each use of a message has a new number, and the caller that settles
/// the number must answer: <see cref="TrySettle"/> succeeds once.</para>
/// <para>The actor settles the messages that it has received, on completion and when it stops. After it has stopped, its mailbox closes the messages still
/// queued (<see cref="Undelivered"/>), and a sender checks whether the actor is gone <em>after</em> it has sent the message (<see cref="Recipient.Tell"/>): one
/// of the two finds a message that reached a mailbox without a reader. If they find it late, when the message has been answered, recycled and sent again, the
/// number makes that harmless.</para>
/// </remarks>
internal abstract class AnsweredMessage : LinkedMessage
{
    private long _state;        // twice the number; odd once settled

    /// <summary>Number of the current use.</summary>
    public long Id => Volatile.Read(ref _state) >> 1;

    /// <returns>True for the caller that must answer.</returns>
    public bool TrySettle(long id) => Interlocked.CompareExchange(ref _state, (id << 1) | 1, id << 1) == id << 1;

    /// <summary>Answers that the actor is gone, unless the message is already answered. Any thread.</summary>
    public void Close(long id)
    {
        if (TrySettle(id))
            AnswerClosed(id);
    }

    public sealed override void Undelivered() => Close(Id);

    /// <summary>Begins a use of the message. All other fields must be set before.</summary>
    protected void Begin(long id) => Volatile.Write(ref _state, id << 1);

    /// <summary>Answers that the actor is gone. Runs on the thread that detected it; continuations of the answer must run elsewhere.</summary>
    protected abstract void AnswerClosed(long id);
}
