using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Reads the data of an option. The data is not trusted: every length is checked against the bytes that remain.</summary>
internal ref struct OptionReader(ReadOnlySpan<byte> data)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = data;

    public readonly int Remaining => _rest.Length;

    public bool TryUInt16(out ushort value)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(_rest, out value))
            return false;
        _rest = _rest[2..];
        return true;
    }

    public bool TryUInt32(out uint value)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(_rest, out value))
            return false;
        _rest = _rest[4..];
        return true;
    }

    /// <summary>Reads a length and that many bytes of UTF-8.</summary>
    public bool TryString(out string text)
    {
        text = "";
        if (!TryUInt32(out var length) || length > NbdNumbers.MaxString || length > (uint)_rest.Length || !TryDecode(_rest[..(int)length], out text))
            return false;
        _rest = _rest[(int)length..];
        return true;
    }

    /// <returns>False if the bytes are not valid UTF-8.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        try
        {
            text = Strict.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return false;
        }
    }
}
