using Akka.Actor;

namespace Kcopyd.Actors.Messaging;

/// <summary>Creates the <see cref="Props"/> of the actors of this library.</summary>
internal static class LocalProps
{
    /// <summary>
    /// Props for a dispatcher, with the mailbox for <see cref="LinkedMessage"/>, deployed on this node only: the arguments (devices, memory, sockets) belong to
    /// this process, so that no deployment section may move the actor, and Akka.NET need not serialize them.
    /// </summary>
    /// <remarks>
    /// Uses a delegate: given an expression, Akka.NET compiles each argument to evaluate it, which costs an application 30 ms or more for the first actor. The
    /// deployment is set first because it would replace the other settings.
    /// </remarks>
    /// <param name="make">Creates the actor. Called again for each restart.</param>
    /// <param name="dispatcher">The configuration path of the dispatcher.</param>
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
