using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>How actors of this library are made.</summary>
internal static class LocalProps
{
    /// <summary>
    /// On a dispatcher, with the mailbox whose messages link themselves, and on this node only: what they are given (devices, memory, sockets) is of this
    /// process, so that no deployment section may move them, and Akka.NET need not serialize it.
    /// </summary>
    /// <remarks>
    /// By a delegate: from an expression Akka.NET takes the arguments by compiling each of them, which costs an application 30 ms and more for the first actor.
    /// The deployment comes first: it would replace the others.
    /// </remarks>
    /// <param name="make">Makes the actor. Called again for each restart.</param>
    /// <param name="dispatcher">The path of the dispatcher's section.</param>
    public static Props Of<TActor>(Func<TActor> make, string dispatcher)
        where TActor : ActorBase =>
        Props.CreateBy(new Producer<TActor>(make)).WithDeploy(Deploy.Local).WithDispatcher(dispatcher).WithMailbox(LinkedMailbox.Id);

    private sealed class Producer<TActor>(Func<TActor> make) : IIndirectActorProducer
        where TActor : ActorBase
    {
        public Type ActorType => typeof(TActor);

        public ActorBase Produce() => make();

        public void Release(ActorBase actor)
        {
        }
    }
}
