using System.Buffers.Binary;
using System.Net;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Nbd.Server;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>One negotiation with valid and corrupted options. It checks every answer and its position against the model.</summary>
internal sealed class OptionFuzz(EndPoint server, IReadOnlyList<FuzzTerms> exports, int seed, FuzzReport report)
{
    private const int Batches = 12;
    private const int BatchSize = 64;
    private const int MaxFilled = 100_000;

    private readonly Random _random = new(seed);
    private readonly OptionModel _model = new(exports);
    private readonly List<byte> _bytes = [];

    public void Run()
    {
        report.Conversations++;
        using var socket = new FuzzSocket(server, report);
        socket.Read(18);
        var fuzzer = new OptionFuzzer(_random, exports);
        _bytes.AddRange(new Packet().U32(_random.Next(100) == 0 ? (uint)_random.Next() : (uint)_random.Next(4)).Bytes.Span);
        for (var batch = 0; batch < Batches && !_model.IsOver; batch++)
        {
            for (var i = 0; i < BatchSize && !_model.IsOver && _model.Missing <= MaxFilled; i++)
            {
                report.Count(fuzzer.Append(_bytes, mayEnd: batch >= Batches / 2));
                _model.Read(_bytes);
            }
            var isLeaving = _model.Missing > MaxFilled || (_model.Missing > 0 && _random.Next(4) == 0);
            while (_model.Missing > 0 && !_model.IsOver && !isLeaving)
            {
                fuzzer.Noise(_bytes, _model.Missing);
                _model.Read(_bytes);
            }
            socket.Send(_bytes.ToArray());
            _bytes.Clear();
            _model.NextBatch();
            if (isLeaving)
            {
                report.Left++;
                if (_random.Next(3) == 0)
                    return;     // like a killed client
                socket.EndSending();
            }
            Answers(socket);
            socket.Sent();
            if (isLeaving)
            {
                End(socket);
                return;
            }
        }
        if (_model.Chosen is not null)
        {
            // If this is answered, the transmission phase has started. No bytes follow the choice before this request.
            socket.Send(new Packet().Request(NbdCommand.Flush, 1, 0, 0).ToArray());
            if (BinaryPrimitives.ReadUInt32BigEndian(socket.Read(NbdNumbers.SimpleReplyHeader)) != NbdNumbers.SimpleReplyMagic)
                throw new FuzzException("The transmission phase has not started.");
            return;
        }
        if (_model.IsDropped)
            report.Dropped++;
        else
            socket.EndSending();
        End(socket);
    }

    private static void End(FuzzSocket socket)
    {
        if (!socket.IsAtEnd())
            throw new FuzzException("The server sends more than it was asked for.");
    }

    private void Answers(FuzzSocket socket)
    {
        try
        {
            while (_model.Asked.TryDequeue(out var asked))
                Answer(socket, asked);
            if (_model is { Chosen: not null, ExportNameAnswer: > 0 })
                Same(BinaryPrimitives.ReadInt64BigEndian(socket.Read(_model.ExportNameAnswer)), _model.Chosen.Length, "the size of the export");
        }
        catch (EndOfStreamException)
        {
            throw new FuzzException($"The server closed the connection and owes {_model.Asked.Count + 1} answers.");
        }
    }

    private void Answer(FuzzSocket socket, AskedOption asked)
    {
        var (servers, contexts, infos, sizes) = (0, 0, 0, 0);
        while (true)
        {
            var header = socket.Read(NbdNumbers.OptionReplyHeader);
            Same(BinaryPrimitives.ReadUInt64BigEndian(header), NbdNumbers.OptionReplyMagic, "the magic of an answer");
            Same((NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header[8..]), asked.Option, "the option that is answered");
            var reply = (NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(header[16..]);
            if (length > NbdNumbers.MaxString + 8)
                throw new FuzzException($"An answer to {asked.Option} of {length} bytes.");
            var data = socket.Read((int)length);
            switch (reply)
            {
                case NbdOptionReply.Server:
                    servers++;
                    continue;
                case NbdOptionReply.MetaContext:
                    contexts++;
                    continue;
                case NbdOptionReply.Info when BinaryPrimitives.ReadUInt16BigEndian(data) == (ushort)NbdInfo.Export && asked.Export is { } export:
                    Same(BinaryPrimitives.ReadInt64BigEndian(data[2..]), export.Length, "the size of the export");
                    infos++;
                    continue;
                case NbdOptionReply.Info:
                    sizes += BinaryPrimitives.ReadUInt16BigEndian(data) == (ushort)NbdInfo.BlockSize ? 1 : 0;
                    continue;
            }
            Same(reply, asked.Last, $"the answer to {asked.Option}");
            var expected = (asked.Servers, asked.Contexts, asked.Export is null ? 0 : 1, asked.HasSizes);
            Same((servers, contexts, infos, sizes > 0), expected, $"the information in the answer to {asked.Option}");
            if (reply == NbdOptionReply.Ack)
                report.Accepted++;
            else
                report.Refused++;
            return;
        }
    }

    private static void Same<T>(T found, T right, string what)
    {
        if (!Equals(found, right))
            throw new FuzzException($"{what} is {found}; {right} is expected.");
    }
}
