using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Data can be read from a connection, or the connection has ended.</summary>
internal sealed class LinkRead(NbdLink link) : LinkedMessage
{
    public NbdLink Link { get; } = link;
}

/// <summary>A write to a connection has completed, or the connection has ended.</summary>
internal sealed class LinkWritten(NbdLink link) : LinkedMessage
{
    private int _isClosed;

    public NbdLink Link { get; } = link;

    // The actor is gone. Only now is the memory of the write free.
    public override void Undelivered() => CloseSending();

    public void CloseSending()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
            Link.CloseSending();
    }
}

/// <summary>The handle was disposed.</summary>
internal sealed record CloseDevice : INoSerializationVerificationNeeded
{
    public static CloseDevice Instance { get; } = new();
}

/// <summary>The caller cancelled opening the device.</summary>
internal sealed record CancelOpening(CancellationToken Token) : INoSerializationVerificationNeeded;
