using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>The state that the handle (any thread) and the device's actor share.</summary>
internal sealed class NbdClientCore(NbdConnector connector, Elsewhere elsewhere) : Target<NbdRequest>(elsewhere)
{
    /// <summary>Maximum bytes of a map request.</summary>
    public const long MaxMap = 1 << 30;

    private volatile NbdDeviceState _state;
    private long _maxChange = 1 << 30;

    /// <summary>Opens connections to the server.</summary>
    public NbdConnector Connector => connector;

    public NbdUri Uri => connector.Uri;

    public string Name { get; } = connector.Uri.ToString();

    public NbdClientOptions Options => connector.Options;

    /// <summary>Completes when the first session has begun, or cannot begin. Until then there is no handle.</summary>
    public Completion<Done> Opened { get; } = new(elsewhere.Completions);

    /// <summary>The terms of the first session; those of later ones are not weaker.</summary>
    public NbdTerms Terms { get; set; } = null!;

    public bool IsReadOnly => Options.ReadOnly || Terms.Has(TransmissionFlags.ReadOnly);

    /// <summary>True if acknowledged writes may have to be written again.</summary>
    public bool KeepsWrites => Options is { ReconnectLimit.Ticks: > 0, UnflushedLimit: > 0 } && !IsReadOnly && Terms.Has(TransmissionFlags.SendFlush);

    /// <summary>Maximum bytes of a trim or a write of zeroes, which have no payload. If a server refuses those longer than its maximum payload, the limit drops
    /// to that payload.</summary>
    public long MaxChange { get => Volatile.Read(ref _maxChange); set => Volatile.Write(ref _maxChange, value); }

    /// <summary>Set by the actor only.</summary>
    public NbdDeviceState State { get => _state; set => _state = value; }

    public ValueTask<IoResult> Submit(NbdCommand command, CommandFlags flags, long offset, long length, Memory<byte> memory)
    {
        var request = Take();
        request.Prepare(command, flags, offset, length, memory);
        var answered = request.Answered;
        Tell(request);
        return answered;
    }

    public ValueTask<ExtentResult> SubmitMap(long offset, long length)
    {
        var request = Take();
        request.Prepare(NbdCommand.BlockStatus, CommandFlags.OneExtent, offset, length, default);
        var answered = request.AnsweredMap;
        Tell(request);
        return answered;
    }

    public override void Leave()
    {
        _state = NbdDeviceState.Closed;
        base.Leave();
    }

    protected override NbdRequest Create() => new(this);
}
