using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>Takes the place of <see cref="UnboundedMailbox"/> in a simulated actor system.</summary>
internal sealed class RecordedMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<RecordedQueue>
{
    private readonly Process _process = Process.In(config);

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new RecordedQueue(_process, owner);
}

/// <summary>Takes the place of <see cref="UnboundedDequeBasedMailbox"/>, for actors with a stash.</summary>
internal sealed class RecordedDequeMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<RecordedDequeQueue>
{
    private readonly Process _process = Process.In(config);

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new RecordedDequeQueue(_process, owner);
}
