using System.Buffers.Binary;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Actors.Tests.Nbd.Server;
using Kcopyd.Actors.Tests.Nbd.Transport;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>One negotiation of the client with an untrusted server, whose messages are prepared in advance and partly corrupted.</summary>
internal sealed class AgreementFuzz(int seed, FuzzReport report)
{
    private const long MaxAllocated = 4 << 20;     // bytes, whatever lengths the server announces

    private static readonly uint[] Numbers = [0, 1, 2, 9, 10, 11, 12, 13, 4096, 4097, 16_384, 16_385, 0x7fff_ffff, 0x8000_0000, uint.MaxValue];

    private readonly Random _random = new(seed);
    private bool _isSpoilt;

    public void Run()
    {
        report.Conversations++;
        var isList = _random.Next(4) == 0;
        var script = isList ? List() : Agree();
        report.BytesSent += script.Length;
        using var connection = new StreamConnection(new ScriptedStream(script));
        var transport = new Wire(connection);
        var handshake = new NbdHandshake(new OptionStream(transport, "The server", CancellationToken.None));
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var greeted = handshake.GreetAsync();
            Ended(greeted).GetAwaiter().GetResult();
            if (isList)
                Check(((Task<IReadOnlyList<string>>)Ended(handshake.ListAsync())).GetAwaiter().GetResult());
            else
                Check(((Task<NbdTerms>)Ended(handshake.AgreeAsync("export"))).GetAwaiter().GetResult());
            report.Accepted++;
        }
        catch (NbdException wrong)
        {
            if (!_isSpoilt)
                throw new FuzzException($"The client refuses a correct server: {wrong.Message}");
            if (wrong.Message.Length > 10_000 || wrong.Message.Any(char.IsControl))
                throw new FuzzException("A server can write control characters to the client's terminal.");
            report.Refused++;
        }
        finally
        {
            transport.Input.Complete();
            transport.Output.Complete();
        }
        if (GC.GetAllocatedBytesForCurrentThread() - before > MaxAllocated)
            throw new FuzzException($"The client allocated {GC.GetAllocatedBytesForCurrentThread() - before} bytes for the messages of a server.");
    }

    private static Task Ended(Task task) => task.IsCompleted ? task : throw new FuzzException("The client waits although the server has sent everything.");

    private static void Check(NbdTerms terms)
    {
        if (terms.Length < 0 || !int.IsPow2(terms.MinimumBlockSize) || terms.MinimumBlockSize > 64 << 10 || terms.PreferredBlockSize < terms.MinimumBlockSize
            || terms.PreferredBlockSize > terms.MaximumPayload || terms.MaximumPayload < terms.MinimumBlockSize
            || terms.MaximumPayload > NbdNumbers.MaxPayload || terms.MaximumPayload % terms.MinimumBlockSize != 0)
            throw new FuzzException($"The client agrees to {terms}.");
    }

    private static void Check(IReadOnlyList<string> names)
    {
        if (names.Any(static name => name.Length > NbdNumbers.MaxString))
            throw new FuzzException("The client lists a name that exceeds the limit.");
    }

    private byte[] List()
    {
        var script = Greeting();
        for (var i = _random.Next(12); i > 0; i--)
            Add(script, NbdOption.List, NbdOptionReply.Server, new Packet().Text("export-" + i).Raw("for humans"u8[.._random.Next(10)]));
        Add(script, NbdOption.List, NbdOptionReply.Ack, new Packet());
        return script.ToArray();
    }

    private byte[] Agree()
    {
        var script = Greeting();
        var structured = _random.Next(4) > 0;
        Add(script, NbdOption.StructuredReply, structured ? NbdOptionReply.Ack : NbdOptionReply.Unsupported, new Packet());
        if (structured)
        {
            if (_random.Next(3) > 0)
                Add(script, NbdOption.SetMetaContext, NbdOptionReply.MetaContext, new Packet().U32((uint)_random.Next()).Raw("base:allocation"u8));
            Add(script, NbdOption.SetMetaContext, _random.Next(8) == 0 ? NbdOptionReply.Invalid : NbdOptionReply.Ack, new Packet());
        }
        Add(script, NbdOption.Go, NbdOptionReply.Info, new Packet().U16(0).U64((ulong)_random.NextInt64()).U16((ushort)_random.Next(65_536)));
        if (_random.Next(2) == 0)
        {
            var sizes = new Packet().U16(3).U32(1u << _random.Next(10)).U32(4096).U32(_random.Next(2) == 0 ? uint.MaxValue : 32 << 20);
            Add(script, NbdOption.Go, NbdOptionReply.Info, sizes);
        }
        if (_random.Next(2) == 0)
            Add(script, NbdOption.Go, NbdOptionReply.Info, new Packet().U16(2).Raw(RequestFuzzer.Pool.AsSpan(_random.Next(1000), _random.Next(200))));
        Add(script, NbdOption.Go, NbdOptionReply.Ack, new Packet());
        return script.ToArray();
    }

    private Packet Greeting()
    {
        var greeting = new Packet().U64(NbdNumbers.ServerMagic).U64(NbdNumbers.OptionMagic).U16((ushort)(1 + (2 * _random.Next(2)))).ToArray();
        return new Packet().Raw(Spoilt(greeting, "greeting", 60));
    }

    private void Add(Packet script, NbdOption option, NbdOptionReply reply, Packet data)
    {
        var message = new Packet().U64(NbdNumbers.OptionReplyMagic).U32((uint)option).U32((uint)reply).U32((uint)data.Length).Raw(data.Bytes.Span);
        script.Raw(Spoilt(message.ToArray(), reply.ToString(), 12));
    }

    private byte[] Spoilt(byte[] message, string kind, int seldom)
    {
        if (_random.Next(seldom) != 0)
        {
            report.Count(kind);
            return message;
        }
        report.Count("spoilt: " + kind);
        _isSpoilt = true;
        switch (_random.Next(7))
        {
            case 0:
                message[_random.Next(message.Length)] ^= (byte)(1 << _random.Next(8));
                return message;
            case 1:
                return message[.._random.Next(message.Length)];
            case 2:
                return [.. message, .. message];
            case 3:
                return [];
            case 4 when message.Length >= 20:
                BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(16), Numbers[_random.Next(Numbers.Length)]);
                return message;
            case 5 when message.Length > 24:
                BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(_random.Next(20, message.Length - 3)), Numbers[_random.Next(Numbers.Length)]);
                return message;
            default:
                BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(12), _random.Next(2) == 0 ? (uint)_random.Next(12) : 0x8000_0000 + (uint)_random.Next(12));
                return message;
        }
    }

    /// <summary>Provides the script and then ends. It discards what is written.</summary>
    private sealed class ScriptedStream(byte[] script) : MemoryStream(script, writable: false)
    {
        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer) { }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
