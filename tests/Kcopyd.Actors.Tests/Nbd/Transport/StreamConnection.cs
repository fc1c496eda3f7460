using System.Diagnostics.CodeAnalysis;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Tests.Nbd.Transport;

/// <summary>A connection over a stream that a test provides. Every way to end it closes the stream.</summary>
internal sealed class StreamConnection : TransportConnection
{
    [SetsRequiredMembers]
    public StreamConnection(Stream stream) : base(stream) => Peer = "nobody";

    public override void EndInput() => Dispose();

    public override void Shutdown() => Dispose();

    public override void Reset() => Dispose();
}
