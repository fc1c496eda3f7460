using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Refuses options and devices that are wrong regardless of what the devices contain.</summary>
internal static class OptionChecks
{
    /// <exception cref="ArgumentException">The message names the option or the device, and the remedy.</exception>
    public static void Check(OriginCore origin, IBlockDevice cow, SnapshotOptions options)
    {
        if (options.ChunkSize is { } size && !StoreGeometry.IsChunkSize(size))
            throw new ArgumentException($"ChunkSize = {size}: must be a power of two from 512 bytes to 1 GiB.", nameof(options));
        if (options.FillThreshold is < 1 or > 100)
            throw new ArgumentException($"FillThreshold = {options.FillThreshold}: must be a percentage, 1 to 100.", nameof(options));
        if (options is { DiscardPassdownOrigin: true, DiscardZeroesCow: false })
            throw new ArgumentException(
                "DiscardPassdownOrigin requires DiscardZeroesCow: otherwise a discarded chunk would still be found in the store.", nameof(options));
        if (options is { DiscardPassdownOrigin: true } && (origin.Device.Features & DeviceFeatures.Discard) == 0)
            throw new ArgumentException($"DiscardPassdownOrigin: {origin.Device.Name} does not support discards.", nameof(options));
        if (options is { ForMerge: true, Store: StoreKind.Transient })
            throw new ArgumentException(
                "ForMerge: a transient snapshot cannot be merged, because a power cut during the merge would destroy both it and the origin.", nameof(options));
        if (options.ForMerge && origin.Device.IsReadOnly)
            throw new ArgumentException($"ForMerge: the origin {origin.Device.Name} is read-only; open it for writing.", nameof(options));
        CheckGrowth(cow, options);
        if (cow.IsReadOnly && !origin.Device.IsReadOnly)
            throw new ArgumentException($"{cow.Name} is read-only, so that chunks of the origin {origin.Device.Name} could not be copied into it; "
                + "open the origin read-only, too, or the COW device for writing.", nameof(cow));
        if (StorageLocation.Overlap(origin.Device, cow))
            throw new ArgumentException(
                $"{cow.Name} is the storage of the origin {origin.Device.Name}; the COW device must be another one.", nameof(cow));
    }

    /// <exception cref="ArgumentException">The chunk size is not a multiple of the alignment that direct I/O requires.</exception>
    public static void CheckAlignment(OriginCore origin, IBlockDevice cow, StoreGeometry geometry)
    {
        var alignment = Math.Max(origin.Device.Alignment, cow.Alignment);
        if (geometry.ChunkSize % alignment != 0)
            throw new ArgumentException($"Chunks of {geometry.ChunkSize} bytes: direct I/O on {origin.Device.Name} and {cow.Name} needs multiples of "
                + $"{alignment} bytes. Use larger chunks, or open the devices with IoMode.Buffered.", nameof(cow));
    }

    private static void CheckGrowth(IBlockDevice cow, SnapshotOptions options)
    {
        if (options.Growth is not { } growth)
            return;
        if (growth.Step < IoRegion.SectorSize || growth.Limit < IoRegion.SectorSize
            || growth.Step % IoRegion.SectorSize != 0 || growth.Limit % IoRegion.SectorSize != 0)
        {
            throw new ArgumentException($"{growth}: step and limit must be positive multiples of {IoRegion.SectorSize} bytes.", nameof(options));
        }
        if (cow is not IGrowingDevice { CanGrow: true })
            throw new ArgumentException($"Growth: {cow.Name} is not a regular file that is open for writing; "
                + "leave Growth null and extend the underlying storage instead, which is detected.", nameof(options));
    }
}
