using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One connection in transmission: its requests by cookie, and what it reads and writes. Used by the device's actor only.</summary>
/// <remarks>Invariant: the memory of a request is not given back while the stream may still write from it: see <see cref="Sending"/> and <see cref="IsQuiet"/>.</remarks>
internal sealed class NbdLink
{
    private const int LongestCopied = 16 << 10;     // bytes; a longer payload goes to the stream from where it is

    private readonly NbdTransport _transport;
    private readonly NbdRequest?[] _requests;
    private readonly uint[] _turns;                 // how often a slot was used: an old cookie is not a new one
    private readonly Stack<int> _free;

    public NbdLink(NbdTransport transport, NbdTerms terms, int maxRequests)
    {
        _transport = transport;
        Terms = terms;
        _requests = new NbdRequest?[maxRequests];
        _turns = new uint[maxRequests];
        _free = new Stack<int>(Enumerable.Range(0, maxRequests).Reverse());
        (Read, Written) = (new LinkRead(this), new LinkWritten(this));
    }

    public NbdTerms Terms { get; }

    public PipeReader Input => _transport.Input;

    public PipeWriter Output => _transport.Output;

    public ReplyReader Replies { get; private set; } = null!;

    public LinkRead Read { get; }

    public LinkWritten Written { get; }

    public Action OnRead { get; private set; } = null!;

    public Action OnWritten { get; private set; } = null!;

    public ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter ReadPending;
    public ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter WritePending;
    public bool IsReading, IsWriting;   // a message is on its way, or will be
    public bool IsReadPending;          // and it brings something
    public bool IsDirty;                // something is encoded and not flushed
    public bool IsBroken;
    public NbdRequest? Sending;         // whose memory the stream writes from
    public bool IsSendingAnswered;      // the answer to that came already

    public int InFlight => _requests.Length - _free.Count;

    public bool HasRoom => _free.Count > 0 && !IsWriting && !IsBroken;

    /// <summary>True once nothing is on its way, and nothing comes.</summary>
    public bool IsQuiet => IsBroken && !IsReading && !IsWriting;

    public void Attach(IActorRef actor, NbdClientCore core, Action<NbdLink, NbdRequest> completed)
    {
        Replies = new ReplyReader(this, completed);
        OnRead = () => actor.Tell(Read, ActorRefs.NoSender);
        OnWritten = () =>
        {
            actor.Tell(Written, ActorRefs.NoSender);
            if (core.IsGone)
                Written.Give();
        };
    }

    public NbdRequest? Find(ulong cookie)
    {
        var slot = (uint)cookie;
        return slot < (uint)_requests.Length && _requests[slot] is { } request && _turns[slot] == cookie >> 32 ? request : null;
    }

    /// <summary>Encodes a request into the output.</summary>
    /// <returns>True if its payload is to be sent from its own memory, next: see <see cref="Sending"/>.</returns>
    public bool Encode(NbdRequest request)
    {
        request.BeginTry();
        var slot = request.Slot = _free.Pop();
        _requests[slot] = request;
        var header = Output.GetSpan(NbdNumbers.RequestHeader);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)request.Flags);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)request.Command);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], (ulong)++_turns[slot] << 32 | (uint)slot);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], (ulong)request.Offset);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], (uint)request.Length);
        Output.Advance(NbdNumbers.RequestHeader);
        IsDirty = true;
        if (request.Command != NbdCommand.Write)
            return false;
        if (request.Memory.Length > LongestCopied)
            return true;
        Output.Write(request.Memory.Span);
        return false;
    }

    /// <summary>The request has been answered: its cookie means nothing any more.</summary>
    public void Release(NbdRequest request)
    {
        _requests[request.Slot] = null;
        _free.Push(request.Slot);
    }

    /// <summary>Takes any request that has not been answered; null when there is none.</summary>
    public NbdRequest? TakeUnanswered()
    {
        if (InFlight == 0)
            return null;
        var slot = Array.FindIndex(_requests, static request => request is not null);
        var taken = _requests[slot]!;
        Release(taken);
        return taken;
    }

    /// <summary>Tells the server that no more comes, if that can be told without waiting. The connection is closed next in any case.</summary>
    public void SayGoodbye()
    {
        if (IsWriting || IsBroken)
            return;
        var header = Output.GetSpan(NbdNumbers.RequestHeader)[..NbdNumbers.RequestHeader];
        header.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)NbdCommand.Disconnect);
        Output.Advance(NbdNumbers.RequestHeader);
        var sent = Output.FlushAsync();
        // A server that is gone needs no goodbye, so how this ends is of no interest; looking at it gives what it is made of back.
        _ = sent.IsCompleted ? Task.CompletedTask : sent.AsTask().ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
    }

    /// <summary>Closes the socket. What is on its way ends soon, with an error.</summary>
    public void Close()
    {
        IsBroken = true;
        _transport.Dispose();
    }
}

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
    internal override void Undelivered() => Give();

    public void Give()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0 && Link.Sending is { } sending)
            sending.Close(sending.Id);
    }
}
