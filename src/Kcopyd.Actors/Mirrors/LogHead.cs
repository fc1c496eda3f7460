namespace Kcopyd.Actors.Mirrors;

/// <summary>The beginning of a log: what the kernel records, and the label.</summary>
/// <param name="Regions">The number of regions; <see cref="DiskLogFormat.AnyCount"/> fits any mirror.</param>
/// <param name="Label">Null if the kernel created the log.</param>
internal sealed record LogHead(ulong Regions, MirrorLabel? Label)
{
    /// <returns>Null if the device begins with zeroes.</returns>
    /// <exception cref="MirrorLogException">It holds other data, or a log of an unknown version.</exception>
    public static LogHead? Read(ReadOnlySpan<byte> head, string device)
    {
        if (head.Length < DiskLogFormat.BitsAt)
            throw new MirrorLogException(MirrorLogError.TooSmall, device, $" has {head.Length} bytes, too few for a log") { Needed = DiskLogFormat.SizeOf(1) };
        var (magic, version, regions) = DiskLogFormat.ReadHeader(head);
        if (magic != DiskLogFormat.Magic)
        {
            return head.ContainsAnyExcept((byte)0)
                ? throw new MirrorLogException(MirrorLogError.OtherData, device, " holds data that is not the log of a mirror",
                    "; use an empty device, or overwrite it with MirrorLogMode.Replace.")
                : null;
        }
        return version is 1 or DiskLogFormat.Version
            ? new LogHead(regions, MirrorLabel.Read(head.Slice(MirrorLabel.Offset, MirrorLabel.Size), device))
            : throw new MirrorLogException(MirrorLogError.UnknownVersion, device, $" holds a log of version {version}; versions 1 and 2 are known");
    }
}
