using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>Records messages to actors that have stopped or never were. It is no actor, so that it does not change the history.</summary>
internal sealed class DeadLetterRecorder(IActorRefProvider provider, Process process) : MinimalActorRef
{
    public override ActorPath Path { get; } = provider.RootPath / "dead-letter-recorder";

    public override IActorRefProvider Provider => provider;

    /// <summary>Subscribes to dead letters. It does so even if nothing is recorded: the event stream sends a message for each subscription.</summary>
    public static void Attach(ActorSystem system, Process process) =>
        system.EventStream.Subscribe(new DeadLetterRecorder(((ExtendedActorSystem)system).Provider, process), typeof(DeadLetter));

    protected override void TellInternal(object message, IActorRef sender)
    {
        // A mailbox that is cleaned up has recorded the fate of its messages already.
        if (message is DeadLetter letter && !process.Engine.Messages.IsCleaningUp)
            process.Engine.Messages.DeadLetter(process, letter.Sender, letter.Recipient, letter.Message);
    }
}
