using System.Buffers.Binary;
using System.Net;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>One conversation in the transmission phase: batches of valid and corrupted requests. The model and the shadow check every answer.</summary>
internal sealed class RequestFuzz(EndPoint server, FuzzTerms terms, Shadow shadow, Action settled, int seed, FuzzReport report)
{
    /// <summary>The number of inputs in a conversation, unless it ends early.</summary>
    public const int Inputs = Batches * BatchSize;

    private const int Batches = 8;
    private const int BatchSize = 64;
    private const int MaxFilled = 100_000;

    private readonly Random _random = new(seed);
    private readonly RequestModel _model = new(terms);
    private readonly List<byte> _bytes = [];
    private byte[] _sent = [];

    public void Run()
    {
        report.Conversations++;
        shadow.Reset(RequestFuzzer.Pool);
        using var socket = new FuzzSocket(server, report);
        Handshake.Begin(socket, terms);
        var fuzzer = new RequestFuzzer(_random, terms.Length, terms.Alignment);
        for (var batch = 0; batch < Batches; batch++)
        {
            Make(fuzzer);
            _sent = [.. _bytes];
            socket.Send(_sent);
            var isLeaving = _model.Missing > 0;
            Expect();
            if (isLeaving && _random.Next(2) == 0)
            {
                report.Left++;
                shadow.Doubt();
                if (_random.Next(2) == 0)
                    socket.Sent();
                socket.Dispose();
                settled();
                shadow.Settle();
                return;
            }
            if (isLeaving)
                socket.EndSending();
            Answers(socket);
            socket.Sent();
            if (_model.IsDropped || _model.IsOver || isLeaving)
            {
                if (_model.IsDropped)
                    report.Dropped++;
                else if (!socket.IsAtEnd())
                    throw new FuzzException("The server sends more than it was asked for.");
                if (isLeaving)
                    report.Left++;
                settled();
                shadow.Settle();
                return;
            }
            shadow.Settle();
        }
        socket.EndSending();
        if (!socket.IsAtEnd())
            throw new FuzzException("The server sends more than it was asked for.");
    }

    private void Make(RequestFuzzer fuzzer)
    {
        _bytes.Clear();
        _model.NextBatch();
        for (var i = 0; i < BatchSize && !_model.IsDropped && !_model.IsOver && _model.Missing <= MaxFilled; i++)
        {
            report.Count(fuzzer.Append(_bytes));
            _model.Read(_bytes, _random);
        }
        while (_model.Missing is > 0 and <= MaxFilled && !_model.IsDropped && !_model.IsOver)
        {
            fuzzer.Noise(_bytes, (int)_model.Missing);
            _model.Read(_bytes, _random);
        }
    }

    // Tells the shadow which changes the device is asked for.
    private void Expect()
    {
        foreach (var asked in _model.Asked.Values)
            Expect(asked, isSure: !_model.IsDropped);
        if (_model.Receiving is { } unfinished)
            Expect(unfinished, isSure: false);
    }

    private void Expect(AskedRequest asked, bool isSure)
    {
        if (asked.Refusals != Refusals.None)
            return;
        if (asked.Command == NbdCommand.Write)
            shadow.Add((long)asked.Offset, asked.Received, _sent.AsMemory(asked.PayloadAt, asked.Received), isSure);
        else if (asked.Command is NbdCommand.WriteZeroes or NbdCommand.Trim)
            shadow.Add((long)asked.Offset, asked.Length, null, isSure);
    }

    private void Answers(FuzzSocket socket)
    {
        try
        {
            while (_model.Asked.Count > 0)
                Answer(socket);
            if (_model.IsDropped && !socket.IsAtEnd())
                throw new FuzzException("The server continues after bytes that are not a request.");
        }
        catch (EndOfStreamException) when (_model.IsDropped)
        {
            // Then the server owes no answer.
        }
        catch (EndOfStreamException)
        {
            var context = _model.IsOver ? " after a disconnect" : _model.Missing > 0 ? $" when {_model.Missing} bytes were missing" : "";
            throw new FuzzException($"The server closed the connection ({socket.End}){context} and owes {_model.Asked.Count} answers, "
                + $"one of them to {_model.Asked.Values.First()}.");
        }
    }

    private void Answer(FuzzSocket socket)
    {
        var header = socket.Read(NbdNumbers.SimpleReplyHeader);
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        var cookie = BinaryPrimitives.ReadUInt64BigEndian(header[8..]);
        if (!_model.Asked.TryGetValue(cookie, out var asked))
            throw new FuzzException($"An answer (magic {magic:x}) to a request that was not sent, or that is answered already: cookie {cookie:x}.");
        var isChunk = terms.IsStructured && asked.Command is NbdCommand.Read or NbdCommand.BlockStatus && terms.IsStructured;
        if (magic != (isChunk ? NbdNumbers.StructuredReplyMagic : NbdNumbers.SimpleReplyMagic))
            throw new FuzzException($"{asked} is answered in a form that was not negotiated, {magic:x}.");
        if (isChunk)
        {
            Chunk(socket, asked, BinaryPrimitives.ReadUInt16BigEndian(header[4..]), (ChunkType)BinaryPrimitives.ReadUInt16BigEndian(header[6..]));
            return;
        }
        var error = (NbdError)BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        Judge(asked, error);
        if (error == NbdError.None && asked.Command == NbdCommand.Read)
            Data(socket, (long)asked.Offset, (int)asked.Length);
        _model.Asked.Remove(cookie);
    }

    private void Chunk(FuzzSocket socket, AskedRequest asked, ushort flags, ChunkType type)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(socket.Read(4));
        switch (type)
        {
            case ChunkType.Error when length >= 6:
                Judge(asked, (NbdError)BinaryPrimitives.ReadUInt32BigEndian(socket.Read(length)));
                break;
            case ChunkType.OffsetData when asked.Command == NbdCommand.Read && length > 8 && asked.Refusals == Refusals.None:
                var offset = BinaryPrimitives.ReadInt64BigEndian(socket.Read(8));
                asked.Answered += length - 8;
                if (offset < (long)asked.Offset || offset + length - 8 > (long)asked.Offset + asked.Length || !(asked.Pieces ??= []).Add(offset))
                    throw new FuzzException($"{asked} is answered with data that it did not ask for, {length - 8} bytes at {offset}.");
                Data(socket, offset, length - 8);
                break;
            case ChunkType.BlockStatus when asked.Command == NbdCommand.BlockStatus && length >= 12 && (length - 4) % 8 == 0 && asked.Refusals == Refusals.None:
                Extents(socket.Read(length)[4..], asked);
                break;
            default:
                throw new FuzzException($"{asked} is answered with a chunk {type} of {length} bytes.");
        }
        if ((flags & (ushort)ChunkFlags.Done) == 0)
            return;
        if (asked.Refusals == Refusals.None && asked.Command == NbdCommand.Read && asked.Answered != asked.Length)
            throw new FuzzException($"{asked} is answered with {asked.Answered} bytes.");
        if (asked.Refusals == Refusals.None)
            report.Accepted++;
        _model.Asked.Remove(asked.Cookie);
    }

    private static void Extents(ReadOnlySpan<byte> extents, AskedRequest asked)
    {
        long sum = 0;
        for (var at = 0; at < extents.Length; at += 8)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(extents[at..]);
            if (length == 0 || (asked.Has(CommandFlags.OneExtent) && at > 0))
                throw new FuzzException($"{asked} is answered with too many extents, or an empty one.");
            sum += length;
        }
        if (sum > asked.Length)
            throw new FuzzException($"{asked} is answered with extents of {sum} bytes.");
    }

    private void Judge(AskedRequest asked, NbdError error)
    {
        var refusal = error switch
        {
            NbdError.None => Refusals.None,
            NbdError.Invalid => Refusals.Invalid,
            NbdError.NoSpace => Refusals.NoSpace,
            NbdError.NotPermitted => Refusals.NotPermitted,
            NbdError.NotSupported => Refusals.NotSupported,
            _ => (Refusals)int.MaxValue,
        };
        if (refusal == Refusals.None ? asked.Refusals != Refusals.None : refusal != (refusal & asked.Refusals))
            throw new FuzzException($"{asked} is answered with {error}; {asked.Refusals} is expected.");
        if (refusal == Refusals.None)
            report.Accepted++;
        else
            report.Refused++;
    }

    private void Data(FuzzSocket socket, long offset, int length)
    {
        for (var done = 0; done < length;)
        {
            var piece = Math.Min(length - done, 64 << 10);
            shadow.CheckRead(offset + done, socket.Read(piece));
            done += piece;
        }
    }
}
