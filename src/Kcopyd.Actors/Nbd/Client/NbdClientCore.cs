using Akka.Actor;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What the handle (any thread) and the device's actor share. Holds no state of any request.</summary>
internal sealed class NbdClientCore(NbdConnector connector, NbdTerms terms)
{
    /// <summary>Bytes that a request for the map may have.</summary>
    public const long LongestMap = 1 << 30;

    private readonly Lock _recycling = new();
    private readonly Stack<NbdRequest> _recycled = new();
    private long _lastRequest;
    private volatile bool _isGone;
    private volatile NbdDeviceState _state;
    private long _longestChange = 1 << 30;

    /// <summary>Opens connections to the server.</summary>
    public NbdConnector Connector => connector;

    public NbdUri Uri => connector.Uri;

    public string Name { get; } = connector.Uri.ToString();

    public NbdClientOptions Options => connector.Options;

    /// <summary>Of the first session; those of later ones are not less.</summary>
    public NbdTerms Terms { get; } = terms;

    public bool IsReadOnly { get; } = connector.Options.ReadOnly || terms.Has(TransmissionFlags.ReadOnly);

    /// <summary>True if acknowledged writes may have to be written again.</summary>
    public bool KeepsWrites => Options is { ReconnectLimit.Ticks: > 0, UnflushedLimit: > 0 } && !IsReadOnly && Terms.Has(TransmissionFlags.SendFlush);

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes that a trim or a zeroing may have, which have no payload. A server may refuse them if they are longer than a payload may be; then they are
    /// not, from then on.</summary>
    public long LongestChange { get => Volatile.Read(ref _longestChange); set => Volatile.Write(ref _longestChange, value); }

    /// <summary>Set by the actor only.</summary>
    public NbdDeviceState State { get => _state; set => _state = value; }

    /// <summary>True once the actor has stopped: nobody reads its mailbox any more.</summary>
    public bool IsGone => _isGone;

    public long NextRequest() => Interlocked.Increment(ref _lastRequest);

    public ValueTask<IoResult> Submit(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory)
    {
        var request = Take();
        var task = request.Prepare(command, flags, offset, length, memory);
        Tell(request);
        return task;
    }

    public ValueTask<ExtentResult> SubmitMap(long offset, long length)
    {
        var request = Take();
        var task = request.PrepareMap(offset, length);
        Tell(request);
        return task;
    }

    public NbdRequest Take()
    {
        NbdRequest? request;
        lock (_recycling)
            _recycled.TryPop(out request);
        return request ?? new NbdRequest(this);
    }

    public void Recycle(NbdRequest request)
    {
        lock (_recycling)
        {
            if (_recycled.Count < 1024)
                _recycled.Push(request);
        }
    }

    public void Leave()
    {
        _isGone = true;
        _state = NbdDeviceState.Closed;
        Stopped.TrySetResult();
    }

    private void Tell(NbdRequest request)
    {
        var id = request.Id;
        Actor.Tell(request, ActorRefs.NoSender);
        if (_isGone)
            request.Close(id);
    }
}
