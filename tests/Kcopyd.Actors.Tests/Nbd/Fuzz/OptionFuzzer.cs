using System.Buffers.Binary;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Nbd.Server;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>Generates valid options and corrupts some of them.</summary>
internal sealed class OptionFuzzer(Random random, IReadOnlyList<FuzzTerms> exports)
{
    private static readonly string[] Queries = [NbdNumbers.BaseAllocation, "base:", "base:allocation2", "", "qemu:dirty-bitmap:x", "BASE:ALLOCATION"];
    private static readonly uint[] Lengths =
        [0, 1, 2, 3, 4, 5, 255, 4095, 4096, 4097, 65_535, 65_536, 65_537, 0x7fff_ffff, 0x8000_0000, uint.MaxValue, uint.MaxValue - 3];

    /// <summary>Appends one input to the bytes to send.</summary>
    /// <param name="output">The bytes to send.</param>
    /// <param name="mayEnd">True if the input may end the negotiation.</param>
    /// <returns>The kind of the input.</returns>
    public string Append(List<byte> output, bool mayEnd)
    {
        var option = random.Next(20) switch
        {
            < 3 => NbdOption.List,
            < 10 => NbdOption.Info,
            < 12 => NbdOption.StructuredReply,
            < 15 => NbdOption.SetMetaContext,
            < 18 => NbdOption.ListMetaContext,
            18 => NbdOption.StartTls,
            _ => (NbdOption)(random.Next(2) == 0 ? 11 : random.Next(12, 1000)),
        };
        if (mayEnd && random.Next(100) == 0)
            option = (NbdOption)(random.Next(3) switch { 0 => NbdOption.Abort, 1 => NbdOption.ExportName, _ => NbdOption.Go });
        else if (random.Next(6) == 0)
            option = NbdOption.Go;      // mostly refused, see below
        var data = Data(option, isRefused: (option == NbdOption.Go && (!mayEnd || random.Next(20) != 0)) || random.Next(10) == 0);
        var kind = random.Next(100) < 55 ? option <= NbdOption.ExtendedHeaders ? option.ToString() : "unknown option" : "spoilt: " + Spoil(ref data);
        var length = (uint)data.Length;
        var magic = NbdNumbers.OptionMagic;
        if (mayEnd)
        {
            switch (random.Next(150))
            {
                case 0:
                    length = Lengths[random.Next(Lengths.Length)];
                    kind = "spoilt: length of the data";
                    break;
                case 1:
                    magic ^= 1UL << random.Next(64);
                    kind = "spoilt: magic";
                    break;
                case 2:
                    RequestNoise(output);
                    return "spoilt: noise";
                case 3:
                    var whole = new Packet().Option(option, data).Bytes;
                    output.AddRange(whole.Span[..random.Next(whole.Length)]);
                    return "spoilt: truncated";
            }
        }
        output.AddRange(new Packet().Option(option, data, length, magic).Bytes.Span);
        return kind;
    }

    public void RequestNoise(List<byte> output) => Noise(output, random.Next(1, 200));

    public void Noise(List<byte> output, int count) => output.AddRange(RequestFuzzer.Pool.AsSpan(random.Next(RequestFuzzer.Pool.Length - count), count));

    private byte[] Data(NbdOption option, bool isRefused)
    {
        var name = isRefused ? Name() : exports[random.Next(exports.Count)].Export;
        switch (option)
        {
            case NbdOption.ExportName:
                return System.Text.Encoding.UTF8.GetBytes(name);
            case NbdOption.Info or NbdOption.Go:
                var infos = new NbdInfo[random.Next(5)];
                for (var i = 0; i < infos.Length; i++)
                    infos[i] = (NbdInfo)(random.Next(10) == 0 ? random.Next(65_536) : random.Next(4));
                return Packet.Go(name, infos);
            case NbdOption.ListMetaContext or NbdOption.SetMetaContext:
                var queries = new string[random.Next(4)];
                for (var i = 0; i < queries.Length; i++)
                    queries[i] = Queries[random.Next(Queries.Length)];
                return Packet.Contexts(name, queries);
            default:
                return random.Next(15) == 0 ? new byte[random.Next(1, 3000)] : [];
        }
    }

    private string Name()
    {
        var name = exports[random.Next(exports.Count)].Export;
        return random.Next(6) switch
        {
            0 => "",
            1 => name[..^1],
            2 => name + "\0",
            3 => new string('x', random.Next(4000, 4200)),
            4 => name.ToUpperInvariant() + "\u00e9",
            _ => string.Concat(Enumerable.Repeat("\U0001f4be", random.Next(1025))),
        };
    }

    // Corrupts the data of an option. The header is written afterwards, so the server keeps its place in the stream.
    private string Spoil(ref byte[] data)
    {
        switch (data.Length == 0 ? 3 : random.Next(7))
        {
            case 0:
                data[random.Next(data.Length)] ^= (byte)(1 << random.Next(8));
                return "a bit";
            case 1:
                data[random.Next(data.Length)] = (byte)random.Next(256);
                return "a byte";
            case 2:
                data = data[..random.Next(data.Length)];
                return "shortened";
            case 3:
                data = [.. data, .. RequestFuzzer.Pool.AsSpan(random.Next(1000), random.Next(1, random.Next(300) == 0 ? 70_000 : 40))];
                return "lengthened";
            case 4 when data.Length >= 4:
                var at = random.Next(2) == 0 ? 0 : random.Next(data.Length - 3);
                BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(at), Lengths[random.Next(Lengths.Length)]);
                return "a length within";
            case 5:
                data = [.. data, .. data];
                return "doubled";
            default:
                Array.Reverse(data, random.Next(data.Length), 1);
                data = [.. data.AsSpan(data.Length / 2), .. data.AsSpan(0, data.Length / 2)];
                return "halves swapped";
        }
    }
}
