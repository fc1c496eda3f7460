using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Something can be read from a connection, or it has ended.</summary>
internal sealed class LinkRead(NbdLink link) : LinkedMessage
{
    public NbdLink Link { get; } = link;
}

/// <summary>What was to be written to a connection has been, or it has ended.</summary>
internal sealed class LinkWritten(NbdLink link) : LinkedMessage
{
    private int _given;

    public NbdLink Link { get; } = link;

    // The actor is gone; only now is the memory that was written from free.
    public override void Undelivered() => Give();

    public void Give()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
            Link.CloseSending();
    }
}

/// <summary>The handle is disposed.</summary>
internal sealed record CloseDevice : INoSerializationVerificationNeeded
{
    public static CloseDevice Instance { get; } = new();
}

/// <summary>The caller that opens the device gives up.</summary>
internal sealed record CancelOpening(CancellationToken Token) : INoSerializationVerificationNeeded;
