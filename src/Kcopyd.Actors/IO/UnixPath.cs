using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace Kcopyd.Actors.IO;

/// <summary>
/// Converts paths between the bytes of the kernel and the text of .NET. A byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 plus its
/// value, which no valid text contains, and becomes that byte again on the way back: every file can be named.
/// </summary>
/// <remarks>The convention is that of Python's <c>surrogateescape</c> (PEP 383).</remarks>
internal static class UnixPath
{
    private const int EscapeBase = 0xDC00;

    /// <summary>The text of a path.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> utf16 = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(utf16[..rune.EncodeToUtf16(utf16)]);
                bytes = bytes[length..];
            }
            else
            {
                text.Append((char)(EscapeBase + bytes[0]));
                bytes = bytes[1..];
            }
        }
        return text.ToString();
    }

    /// <summary>The bytes of a path, with a terminating zero.</summary>
    public static byte[] Encode(string path)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        var used = 0;
        for (var rest = path.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done)
                used += rune.EncodeToUtf8(bytes.AsSpan(used));
            else if (IsEscape(rest[0]))
                bytes[used++] = (byte)(rest[0] - EscapeBase);
            else
                used += Rune.ReplacementChar.EncodeToUtf8(bytes.AsSpan(used));
            rest = rest[length..];
        }
        return bytes[..(used + 1)];
    }

    /// <summary>The path as valid text, for JSON and labels: each byte that is not a character becomes U+FFFD. Messages use
    /// <see cref="ForeignText.Path"/>.</summary>
    public static string ToText(string path)
    {
        if (!path.Any(char.IsSurrogate))
            return path;
        var text = new StringBuilder(path.Length);
        foreach (var rune in path.EnumerateRunes())
            text.Append(rune.ToString());
        return text.ToString();
    }

    private static bool IsEscape(char character) => character is >= (char)(EscapeBase + 0x80) and <= (char)(EscapeBase + 0xFF);
}

/// <summary>Marshals paths to the C library, converted by <see cref="UnixPath"/>.</summary>
[CustomMarshaller(typeof(string), MarshalMode.ManagedToUnmanagedIn, typeof(UnixPathMarshaller))]
internal static unsafe class UnixPathMarshaller
{
    public static byte* ConvertToUnmanaged(string path)
    {
        var bytes = UnixPath.Encode(path);
        var memory = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(memory, bytes.Length));
        return memory;
    }

    public static void Free(byte* memory) => NativeMemory.Free(memory);
}
