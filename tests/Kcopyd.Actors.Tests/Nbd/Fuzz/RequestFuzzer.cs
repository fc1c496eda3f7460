using System.Buffers.Binary;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>Generates valid requests and corrupts some of them, mostly so that they remain requests, because those get furthest.</summary>
internal sealed class RequestFuzzer(Random random, long length, int alignment)
{
    private const int Header = NbdNumbers.RequestHeader;
    private const int MaxPayload = 100_000;    // bytes sent with a request

    public static readonly byte[] Pool = RandomPool();
    private static readonly NbdCommand[] Commands =
    [
        NbdCommand.Read, NbdCommand.Read, NbdCommand.Read, NbdCommand.Read,
        NbdCommand.Write, NbdCommand.Write, NbdCommand.Write, NbdCommand.Write, NbdCommand.Write,
        NbdCommand.WriteZeroes, NbdCommand.WriteZeroes, NbdCommand.Trim, NbdCommand.BlockStatus, NbdCommand.BlockStatus, NbdCommand.Cache, NbdCommand.Flush,
    ];

    private readonly byte[] _header = new byte[Header];
    private readonly uint[] _lengths =
    [
        0, 1, 511, 512, 513, 0x7fff_ffff, 0x8000_0000, uint.MaxValue, uint.MaxValue - 1, NbdNumbers.MaxPayload, NbdNumbers.MaxPayload + 1,
        (uint)length, (uint)length + 1, 65_536, 65_537,
    ];
    private readonly ulong[] _offsets =
    [
        0, 1, (ulong)length, (ulong)length - 1, (ulong)length + 1, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 511, 1UL << 32, (1UL << 32) - 1,
        unchecked((ulong)-length),
    ];

    /// <summary>Appends one input to the bytes to send.</summary>
    /// <returns>The kind of the input.</returns>
    public string Append(List<byte> output)
    {
        var command = Commands[random.Next(Commands.Length)];
        var (offset, bytes) = Range();
        if (command == NbdCommand.Flush)
            (offset, bytes) = (0, 0);
        Fill(command, Flags(command), (ulong)random.NextInt64(), (ulong)offset, (uint)bytes);
        var kind = random.Next(100) < 65 ? command.ToString() : "spoilt: " + Spoil();
        var payload = Payload(out var isLie);
        if (isLie)
            kind = "spoilt: length of a payload";
        switch (random.Next(1500))
        {
            case 0:
                output.AddRange(_header.AsSpan(0, random.Next(Header)));
                return "spoilt: truncated header";
            case 1:
                output.AddRange(_header);
                output.AddRange(Pool.AsSpan(0, random.Next(payload + 1)));
                return "spoilt: truncated payload";
            case 2:
                output.AddRange(Pool.AsSpan(random.Next(Pool.Length / 2), random.Next(1, 100)));
                return "spoilt: noise";
            case 3:
                _header[random.Next(4)] ^= (byte)(1 << random.Next(8));
                kind = "spoilt: magic";
                break;
            case 4:
                Fill(NbdCommand.Disconnect, (CommandFlags)random.Next(4), 0, 0, 0);
                payload = 0;
                kind = "disconnect";
                break;
        }
        output.AddRange(_header);
        output.AddRange(Pool.AsSpan(random.Next(Pool.Length - payload), payload));
        if (random.Next(50) != 0)
            return kind;
        // The same request again, with another cookie, which the model assigns.
        output.AddRange(_header);
        output.AddRange(Pool.AsSpan(random.Next(Pool.Length - payload), payload));
        return "spoilt: doubled";
    }

    public void Noise(List<byte> output, int count) => output.AddRange(Pool.AsSpan(random.Next(Pool.Length - count), count));

    private void Fill(NbdCommand command, CommandFlags flags, ulong cookie, ulong offset, uint bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_header, NbdNumbers.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(4), (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(6), (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(8), cookie);
        BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(16), offset);
        BinaryPrimitives.WriteUInt32BigEndian(_header.AsSpan(24), bytes);
    }

    private (long Offset, int Length) Range()
    {
        var bytes = random.Next(20) switch
        {
            0 => random.Next(1, MaxPayload),
            < 10 => random.Next(1, 2000),
            _ => 512 * random.Next(1, 8),
        };
        bytes = (int)Math.Min(length, (bytes + alignment - 1) & -alignment);
        var offset = random.Next(8) == 0 ? length - bytes : random.NextInt64(length - bytes + 1);
        return (offset & -alignment, bytes);
    }

    private CommandFlags Flags(NbdCommand command)
    {
        var flags = random.Next(8) == 0 ? CommandFlags.Fua : CommandFlags.None;
        return command switch
        {
            NbdCommand.WriteZeroes => flags | random.Next(4) switch { 0 => CommandFlags.NoHole, 1 => CommandFlags.FastZero, _ => CommandFlags.None },
            NbdCommand.BlockStatus when random.Next(2) == 0 => flags | CommandFlags.OneExtent,
            NbdCommand.Read when random.Next(8) == 0 => flags | CommandFlags.DontFragment,
            _ => flags,
        };
    }

    private string Spoil()
    {
        switch (random.Next(8))
        {
            case 0:
                _header[random.Next(4, Header)] ^= (byte)(1 << random.Next(8));
                return "a bit";
            case 1:
                _header[random.Next(4, Header)] = (byte)random.Next(256);
                return "a byte";
            case 2:
                BinaryPrimitives.WriteUInt32BigEndian(_header.AsSpan(24), _lengths[random.Next(_lengths.Length)]);
                return "length";
            case 3:
                var offset = _offsets[random.Next(_offsets.Length)];
                BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(16), offset + (random.Next(2) == 0 ? 0 : (ulong)random.Next(-5000, 5000)));
                return "offset";
            case 4:
                BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(4), (ushort)(random.Next(2) == 0 ? 1 << random.Next(16) : random.Next(65_536)));
                return "flags";
            case 5:
                var command = random.Next(2) == 0 ? random.Next(12) : random.Next(65_536);
                BinaryPrimitives.WriteUInt16BigEndian(_header.AsSpan(6), (ushort)(command == (int)NbdCommand.Disconnect ? 9 : command));
                return "command";
            case 6:
                var cookie = BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(8));
                BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(8), BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(16)));
                BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(16), cookie);
                return "offset and cookie swapped";
            default:
                BinaryPrimitives.WriteUInt64BigEndian(_header.AsSpan(8), random.Next(3) switch { 0 => 0, 1 => ulong.MaxValue, _ => 0x2560_9513_6744_6698 });
                return "cookie";
        }
    }

    // The length in the header, if the request is a write and not too long. It is rarely wrong, because that ends the conversation.
    private int Payload(out bool isLie)
    {
        isLie = false;
        if (BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(6)) != (ushort)NbdCommand.Write)
            return 0;
        var bytes = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(24));
        if (bytes <= MaxPayload)
            return (int)bytes;
        if (isLie = random.Next(10) == 0)
            return random.Next(MaxPayload);
        // A command without a payload may have any length.
        _header[7] = (byte)NbdCommand.WriteZeroes;
        return 0;
    }

    private static byte[] RandomPool()
    {
        var pool = new byte[1 << 20];
        new Random(4711).NextBytes(pool);
        return pool;
    }
}
