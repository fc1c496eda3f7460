using System.Buffers.Binary;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Nbd.Server;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>The shortest handshake that starts the transmission phase.</summary>
internal static class Handshake
{
    public static void Begin(FuzzSocket socket, FuzzTerms terms)
    {
        var hello = new Packet().U32(3);
        var answers = 1;
        if (terms.IsStructured)
        {
            hello.Option(NbdOption.StructuredReply, []);
            answers++;
        }
        if (terms.HasAllocation)
        {
            hello.Option(NbdOption.SetMetaContext, Packet.Contexts(terms.Export, NbdNumbers.BaseAllocation));
            answers++;
        }
        hello.Option(NbdOption.Go, Packet.Go(terms.Export, NbdInfo.BlockSize));
        socket.Send(hello.ToArray());
        socket.Read(18);
        while (answers > 0)
        {
            var header = socket.Read(NbdNumbers.OptionReplyHeader);
            var (type, length) = (BinaryPrimitives.ReadUInt32BigEndian(header[12..]), BinaryPrimitives.ReadInt32BigEndian(header[16..]));
            if (type >= 0x8000_0000)
                throw new FuzzException($"A good option was refused: {type:x}.");
            if (type == (uint)NbdOptionReply.Ack)
                answers--;
            socket.Read(length);
        }
        socket.Sent();
        // The answer to this request shows that the server counts the connection as one of the export's.
        socket.Send(new Packet().Request(NbdCommand.Flush, 1, 0, 0).ToArray());
        if (BinaryPrimitives.ReadUInt32BigEndian(socket.Read(NbdNumbers.SimpleReplyHeader)[4..]) != 0)
            throw new FuzzException("A flush was refused.");
        socket.Sent();
    }
}
