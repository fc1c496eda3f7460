using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>A SOURCE or DEST of the command line: <c>PATH[@START[+LENGTH]]</c>, where PATH may be the address of an NBD export.</summary>
/// <param name="Argument">What the usage calls it, such as "SOURCE" or "DEST 2"; error messages begin with it.</param>
/// <param name="Path">The path as given.</param>
/// <param name="Start">First byte, a multiple of 512.</param>
/// <param name="Length">Bytes, a multiple of 512; null where none was given.</param>
internal sealed record Target(string Argument, string Path, long Start, long? Length)
{
    /// <summary>The export that the path is the address of; null for anything on this machine.</summary>
    public NbdUri? Uri { get; private init; }

    /// <summary>Reads an argument. A file that has the whole text as its name wins over a region of a file of a shorter name.</summary>
    /// <exception cref="UsageException">The region is not one, or not of whole sectors.</exception>
    public static Target Parse(string argument, string text)
    {
        if (text.Length == 0)
            throw new UsageException($"{argument} is empty: give a path.");
        return NbdUri.IsAddress(text) && !System.IO.Path.Exists(text) ? ParseAddress(argument, text) : ParsePath(argument, text);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Argument} '{Path}'";

    private static Target ParseAddress(string argument, string text)
    {
        var target = ParsePath(argument, text);
        try
        {
            return target with { Uri = NbdUri.Parse(target.Path) };
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"{argument}: {wrong.Message}");
        }
    }

    private static Target ParsePath(string argument, string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0 || System.IO.Path.Exists(text) || !LooksLikeRegion(text.AsSpan(at + 1)))
            return new Target(argument, text, 0, null);
        if (at == 0)
            throw new UsageException($"{argument} '{text}': there is no path before '@'.");

        var region = text.AsSpan(at + 1);
        var plus = region.IndexOf('+');
        var start = Sectors(argument, text, "START", plus < 0 ? region : region[..plus]);
        long? length = plus < 0 ? null : Sectors(argument, text, "LENGTH", region[(plus + 1)..]);
        if (length > long.MaxValue - start)
            throw new UsageException($"{argument} '{text}': START + LENGTH is more than any device has.");
        return new Target(argument, text[..at], start, length);
    }

    // user@host.img is a name, not a region.
    private static bool LooksLikeRegion(ReadOnlySpan<char> text) => text.IsEmpty || text[0] == '+' || char.IsAsciiDigit(text[0]);

    private static long Sectors(string argument, string text, string what, ReadOnlySpan<char> size)
    {
        if (!ByteSize.TryParse(size, out var bytes))
            throw new UsageException($"{argument} '{text}': {what} '{size}' is not a number of bytes such as 4096, 64K or 1G. "
                + $"If '@' belongs to the name, write '{text}@0'.");
        if (bytes % IoRegion.SectorSize != 0)
            throw new UsageException($"{argument} '{text}': {what} {bytes} is not a multiple of {IoRegion.SectorSize}; "
                + $"the next ones are {bytes / IoRegion.SectorSize * IoRegion.SectorSize} and {(bytes / IoRegion.SectorSize + 1) * IoRegion.SectorSize}.");
        return bytes;
    }
}
