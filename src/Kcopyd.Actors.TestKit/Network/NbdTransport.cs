using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>NBD over the simulated network: what a node's servers listen on, and its clients connect through.</summary>
internal sealed class NbdTransport(NetworkCore network, Host host, Process process) : ITransport
{
    private const int FirstFreePort = 49152;

    private int _freePort = FirstFreePort;

    public ITransportListener Listen(EndPoint endPoint, bool mayBeReached, TimeSpan keepAlive)
    {
        if (endPoint is not IPEndPoint { Port: var port })
            throw new ArgumentException($"A simulated node has no {endPoint.AddressFamily} addresses. Listen on an {nameof(IPEndPoint)}.", nameof(endPoint));
        var listener = new Listener(network, host, process, port == 0 ? _freePort++ : port);
        listener.Start();
        return listener;
    }

    public Task<TransportConnection> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken)
    {
        if (uri.Host is not { } name)
            throw new ArgumentException($"'{uri}' names a unix socket, and simulated nodes have none. Use the name of a node as the host.", nameof(uri));
        var result = new TaskCompletionSource<TransportConnection>();
        network.Connect(host, process, name, uri.Port,
            endpoint =>
            {
                var connection = Wrap(endpoint);
                if (!result.TrySetResult(connection))
                    connection.Dispose();
            },
            error => result.TrySetException(new SocketException((int)error)));
        return cancellationToken.CanBeCanceled ? WithCancellation(result, cancellationToken) : result.Task;
    }

    private async Task<TransportConnection> WithCancellation(TaskCompletionSource<TransportConnection> result, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            (_, token) => network.Engine.Add(process, new PlainStep(() => result.TrySetCanceled(token))), null);
        return await result.Task.ConfigureAwait(false);
    }

    private static SimulatedConnection Wrap(Endpoint endpoint) =>
        new(endpoint, new EndpointStream(endpoint))
        {
            Peer = endpoint.Peer.Host.Name,
            EndPoint = new DnsEndPoint(endpoint.Peer.Host.Name, endpoint.Connection.Port),
        };

    private sealed class SimulatedConnection(Endpoint endpoint, EndpointStream stream) : TransportConnection(stream)
    {
        public override void EndInput() => endpoint.EndInput();

        public override void Shutdown() => stream.Shutdown();

        public override void Reset()
        {
            endpoint.Abort();
            endpoint.EndInput();
        }
    }

    private sealed class Listener(NetworkCore network, Host host, Process process, int port) : ITransportListener
    {
        private readonly Queue<Endpoint> _waiting = new();
        private TaskCompletionSource<TransportConnection>? _accept;
        private bool _isDisposed;

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Any, port);

        public string Name => $"{host.Name}:{port}";

        public void Start()
        {
            try
            {
                network.Listen(host, port, process, Accept);
            }
            catch (SocketException used)
            {
                throw NbdListenException.Of(EndPoint, used);
            }
        }

        public Task<TransportConnection> AcceptAsync()
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_waiting.TryDequeue(out var endpoint))
                return Task.FromResult<TransportConnection>(Wrap(endpoint));
            _accept = new TaskCompletionSource<TransportConnection>();
            return _accept.Task;
        }

        public void Dispose()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            network.StopListening(host, port, process);
            while (_waiting.TryDequeue(out var endpoint))
                endpoint.Abort();
            if (_accept is { } accept)
                network.Engine.Add(process, new PlainStep(() => accept.TrySetException(new ObjectDisposedException(Name))));
        }

        private void Accept(Endpoint endpoint)
        {
            if (_isDisposed)
                endpoint.Abort();
            else if (Interlocked.Exchange(ref _accept, null) is { } accept)
                accept.SetResult(Wrap(endpoint));
            else
                _waiting.Enqueue(endpoint);
        }
    }
}
