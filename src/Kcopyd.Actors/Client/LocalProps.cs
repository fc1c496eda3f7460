using Akka.Actor;

namespace Kcopyd.Actors.Client;

/// <summary>How actors of this library are made.</summary>
internal static class LocalProps
{
    /// <summary>On a dispatcher, with the mailbox whose messages link themselves, and on this node only: what they are given (devices, memory, sockets) is of this process, so that no
    /// deployment section may move them, and Akka.NET need not serialize it.</summary>
    /// <remarks>The deployment comes first: it would replace the others.</remarks>
    public static Props On(this Props props, string dispatcher) => props.WithDeploy(Deploy.Local).WithDispatcher(dispatcher).WithMailbox(LinkedMailbox.Id);
}
