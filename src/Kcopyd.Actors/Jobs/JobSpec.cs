namespace Kcopyd.Actors.Jobs;

/// <summary>The checked parameters of a job, and its notification.</summary>
internal readonly ref struct JobSpec
{
    private JobSpec(IBlockDevice? source, long sourceOffset, long length, ReadOnlySpan<IoRegion> destinations, CopyFlags flags, Notification notification)
    {
        Source = source;
        SourceOffset = sourceOffset;
        Length = length;
        Destinations = destinations;
        Flags = flags;
        Notification = notification;
    }

    /// <summary>Null: the destinations are zeroed.</summary>
    public IBlockDevice? Source { get; }

    /// <summary>Byte offset of the region on the source.</summary>
    public long SourceOffset { get; }

    /// <summary>Bytes to write to each destination.</summary>
    public long Length { get; }

    public ReadOnlySpan<IoRegion> Destinations { get; }

    public CopyFlags Flags { get; }

    public Notification Notification { get; }

    /// <exception cref="ArgumentException">Names the argument at fault: <c>from</c>, <c>to</c>, <c>to[i]</c> or <c>flags</c>.</exception>
    public static JobSpec Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, int maxDestinations, Notification notification) =>
        new(from.Device, from.Offset, RegionChecks.Copy(from, to, flags, maxDestinations), to, flags, notification);

    /// <exception cref="ArgumentException">Names the argument at fault: <c>to</c>, <c>to[i]</c> or <c>flags</c>.</exception>
    public static JobSpec Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, int maxDestinations, Notification notification) =>
        new(null, 0, RegionChecks.Zero(to, flags, maxDestinations), to, flags, notification);
}
