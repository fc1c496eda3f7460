using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using Google.Protobuf;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>Akka.Remote's transport over the simulated network. Its addresses look like those of TCP: <c>akka.tcp://system@host:port</c>.</summary>
internal sealed class RemoteTransport : Transport
{
    private readonly NetworkCore _network;
    private readonly Process _process;
    private readonly Host _host;
    private readonly int _port;
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new();

    public RemoteTransport(ActorSystem system, Config config)
    {
        (System, Config) = (system, config);
        _process = Process.In(config);
        _network = NetworkCore.Of(_process.Engine);
        _host = _network.FindHost(config.GetString("hostname"))!;
        _port = config.GetInt("port");
        SchemeIdentifier = "tcp";
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size", null) ?? 128_000;
    }

    private Address LocalAddress => new(SchemeIdentifier, System.Name, _host.Name, _port);

    public override bool IsResponsibleFor(Address remote) => true;

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        _network.Listen(_host, _port, _process, Accept);
        return Task.FromResult((LocalAddress, _listener));
    }

    public override Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var result = new TaskCompletionSource<AssociationHandle>();
        _network.Connect(_host, _process, remoteAddress.Host, remoteAddress.Port ?? 0,
            endpoint => result.TrySetResult(new Handle(LocalAddress, remoteAddress, endpoint)),
            error => result.TrySetException(new InvalidAssociationException($"No connection from {LocalAddress} to {remoteAddress}: {error}.")));
        return result.Task;
    }

    public override Task<bool> Shutdown()
    {
        _network.StopListening(_host, _port, _process);
        return Task.FromResult(true);
    }

    public override Task<bool> ManagementCommand(object message) => Task.FromResult(false);

    // The remote address of an accepted connection is not that of its system, which comes with the handshake.
    private void Accept(Endpoint endpoint)
    {
        var handle = new Handle(LocalAddress, new Address(SchemeIdentifier, System.Name, endpoint.Peer.Host.Name, 0), endpoint);
        _listener.Task.ContinueWith(
            listener => listener.Result.Notify(new InboundAssociation(handle)),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private sealed class Handle : AssociationHandle
    {
        private readonly Endpoint _endpoint;
        private IHandleEventListener? _reader;
        private bool _hasEnded;

        public Handle(Address local, Address remote, Endpoint endpoint)
            : base(local, remote)
        {
            _endpoint = endpoint;
            ReadHandlerSource.Task.ContinueWith(
                reader =>
                {
                    _reader = reader.Result;
                    _endpoint.Readable = Read;
                    Read();
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        /// <returns>False if the window is full: Akka.Remote keeps the message and tries again.</returns>
        public override bool Write(ByteString payload)
        {
            if (_endpoint.IsEnded || _endpoint.Room < payload.Length)
                return false;
            _endpoint.Send(payload.ToByteArray());
            return true;
        }

#pragma warning disable CS0672, CS0618 // the only one that is called
        public override void Disassociate()
#pragma warning restore CS0672, CS0618
        {
            _endpoint.Close();
            End();
        }

        private void Read()
        {
            while (!_hasEnded && _endpoint.TryRead(out var data))
                _reader!.Notify(new InboundPayload(ByteString.CopyFrom(data.Span)));
            if (_endpoint.IsInputEnded || _endpoint.IsReset)
            {
                _endpoint.Close();
                End();
            }
        }

        private void End()
        {
            if (_hasEnded || _reader is null)
                return;
            _hasEnded = true;
            _reader.Notify(new Disassociated(DisassociateInfo.Unknown));
        }
    }
}
