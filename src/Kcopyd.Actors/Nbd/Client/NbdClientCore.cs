using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What the handle (any thread) and the device's actor share.</summary>
internal sealed class NbdClientCore(NbdConnector connector, Elsewhere elsewhere) : Target<NbdRequest>(elsewhere)
{
    /// <summary>Bytes that a request for the map may have.</summary>
    public const long LongestMap = 1 << 30;

    private volatile NbdDeviceState _state;
    private long _longestChange = 1 << 30;

    /// <summary>Opens connections to the server.</summary>
    public NbdConnector Connector => connector;

    public NbdUri Uri => connector.Uri;

    public string Name { get; } = connector.Uri.ToString();

    public NbdClientOptions Options => connector.Options;

    /// <summary>Ends when the first session has begun, or cannot begin. Before that there is no handle.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Of the first session; those of later ones are not less.</summary>
    public NbdTerms Terms { get; set; } = null!;

    public bool IsReadOnly => Options.ReadOnly || Terms.Has(TransmissionFlags.ReadOnly);

    /// <summary>True if acknowledged writes may have to be written again.</summary>
    public bool KeepsWrites => Options is { ReconnectLimit.Ticks: > 0, UnflushedLimit: > 0 } && !IsReadOnly && Terms.Has(TransmissionFlags.SendFlush);

    /// <summary>Bytes that a trim or a zeroing may have, which have no payload. A server may refuse them if they are longer than a payload may be; then they
    /// are not, from then on.</summary>
    public long LongestChange { get => Volatile.Read(ref _longestChange); set => Volatile.Write(ref _longestChange, value); }

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
