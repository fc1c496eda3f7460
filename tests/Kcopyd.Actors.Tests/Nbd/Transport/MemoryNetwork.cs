using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Tests.Nbd.Transport;

/// <summary>A network inside this process, which creates no sockets. Its addresses are those of unix sockets.</summary>
internal sealed class MemoryNetwork : ITransport
{
    private readonly ConcurrentDictionary<string, MemoryListener> _listeners = new(StringComparer.Ordinal);

    /// <summary>The client side of every connection.</summary>
    public ConcurrentQueue<MemoryConnection> Connections { get; } = new();

    public ITransportListener Listen(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive)
    {
        var listener = new MemoryListener(endPoint);
        return _listeners.TryAdd(listener.Name, listener) ? listener : throw new IOException($"{listener.Name} is in use.");
    }

    public Task<TransportConnection> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken)
    {
        var (client, server) = MemoryConnection.Pair();
        if (!_listeners.TryGetValue(uri.Socket!, out var listener) || !listener.Clients.Writer.TryWrite(server))
            return Task.FromException<TransportConnection>(new SocketException((int)SocketError.ConnectionRefused));
        Connections.Enqueue(client);
        return Task.FromResult<TransportConnection>(client);
    }

    private sealed class MemoryListener(EndPoint endPoint) : ITransportListener
    {
        public Channel<TransportConnection> Clients { get; } = Channel.CreateUnbounded<TransportConnection>();

        public EndPoint EndPoint => endPoint;

        public string Name { get; } = endPoint.ToString()!;

        public Task<TransportConnection> AcceptAsync() => Clients.Reader.ReadAsync().AsTask();

        public void Dispose() => Clients.Writer.TryComplete();
    }
}
