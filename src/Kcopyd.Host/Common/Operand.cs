using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>A SOURCE or DEST of the command line: all or a region of a path or an NBD export.</summary>
/// <remarks>
/// <para><c>@START[+LENGTH]:PATH</c> is a region; an argument that does not begin with '@' is a whole path. The meaning of an argument does not depend on the
/// files that exist: only a path that begins with '@' must be written './@…'.</para>
/// <para><c>DEVICE@START[+LENGTH]</c> is also a region of a block or character device. It is not ambiguous: no file is created next to devices. For any other
/// path it is an error, whose message gives both possible spellings.</para>
/// </remarks>
/// <param name="Argument">The name of the argument in the usage, such as "SOURCE" or "DEST 2"; error messages begin with it.</param>
/// <param name="Path">The path as given.</param>
/// <param name="Start">Offset of the first byte, a multiple of 512.</param>
/// <param name="Length">Length in bytes, a multiple of 512; null if none was given.</param>
internal sealed record Operand(string Argument, string Path, long Start, long? Length)
{
    /// <summary>The address of the NBD export; null for anything on this machine.</summary>
    public NbdUri? Uri { get; private init; }

    /// <summary>The path as messages show it.</summary>
    public string Name => ForeignText.Path(Path);

    /// <summary>The path for JSON, which escapes unprintable characters.</summary>
    public string Text => UnixPath.ToText(Path);

    /// <summary>True for a path on this machine.</summary>
    public bool IsLocal => Uri is null && !IsStandardStream;

    /// <summary>True for standard input or output, whatever it is connected to. A file named '-' is './-'.</summary>
    public bool IsStandardStream => Path is "-" or "/dev/stdin" or "/dev/stdout" or "/dev/fd/0" or "/dev/fd/1" or "/proc/self/fd/0" or "/proc/self/fd/1";

    /// <summary>True if the user named a region.</summary>
    public bool IsRegion => Start > 0 || Length is not null;

    /// <summary>Parses an argument.</summary>
    /// <exception cref="UsageException">The argument is empty, or its region is malformed or does not consist of whole sectors.</exception>
    public static Operand Parse(string argument, string text)
    {
        if (text.Length == 0)
            throw new UsageException($"{argument} is empty: give a path.");
        var operand = text[0] == '@' ? ParseRegion(argument, text) : ParsePath(argument, text);
        if (!NbdUri.IsAddress(operand.Path))
            return operand;
        try
        {
            return operand with { Uri = NbdUri.Parse(operand.Path) };
        }
        catch (FormatException wrong)
        {
            throw new UsageException($"{argument}: {wrong.Message}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Argument} '{Name}'";

    private static Operand ParseRegion(string argument, string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new UsageException($"{argument} '{text}': a region is '@START[+LENGTH]:PATH', such as '@1M+64K:disk.img'. "
                + $"A file of that name is './{text}'.");
        return colon + 1 == text.Length
            ? throw new UsageException($"{argument} '{text}': there is no path after ':'.")
            : Region(argument, text, text[(colon + 1)..], text.AsSpan(1, colon - 1));
    }

    private static Operand ParsePath(string argument, string text)
    {
        var at = text.LastIndexOf('@');
        if (at <= 0 || NbdUri.IsAddress(text) || !IsRegionText(text.AsSpan(at + 1)))
            return new Operand(argument, text, 0, null);
        var (path, region) = (text[..at], text[(at + 1)..]);
        if (FileEntry.Of(path).Kind is FileKind.Block or FileKind.Character && !FileEntry.Of(text).Exists)
            return Region(argument, text, path, region);
        throw new UsageException($"{argument} '{text}' could be a region or a name. For the region, write '@{region}:{path}'; "
            + $"for a file of that name, '@0:{text}'.");
    }

    private static Operand Region(string argument, string text, string path, ReadOnlySpan<char> region)
    {
        var plus = region.IndexOf('+');
        var start = Sectors(argument, text, "START", plus < 0 ? region : region[..plus]);
        long? length = plus < 0 ? null : Sectors(argument, text, "LENGTH", region[(plus + 1)..]);
        return length > long.MaxValue - start
            ? throw new UsageException($"{argument} '{text}': START + LENGTH is more than any device has.")
            : new Operand(argument, path, start, length);
    }

    // user@host.img and backup@2024-11-27 are names, not regions.
    private static bool IsRegionText(ReadOnlySpan<char> text)
    {
        var plus = text.IndexOf('+');
        return ByteSize.TryParse(plus < 0 ? text : text[..plus], out _) && (plus < 0 || ByteSize.TryParse(text[(plus + 1)..], out _));
    }

    private static long Sectors(string argument, string text, string what, ReadOnlySpan<char> size)
    {
        if (!ByteSize.TryParse(size, out var bytes))
            throw new UsageException($"{argument} '{text}': {what} '{size}' is not a number of bytes such as 4096, 64K or 1G.");
        if (bytes % IoRegion.SectorSize != 0)
            throw new UsageException($"{argument} '{text}': {what} {bytes} is not a multiple of {IoRegion.SectorSize}; "
                + $"the next ones are {bytes / IoRegion.SectorSize * IoRegion.SectorSize} and {(bytes / IoRegion.SectorSize + 1) * IoRegion.SectorSize}.");
        return bytes;
    }
}
