using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Clones;

/// <summary>Opens or creates the metadata of a clone before its actor starts.</summary>
internal static class CloneOpening
{
    /// <summary>Opens a clone. The actor is created before anything is awaited, because the parent may be an actor's context.</summary>
    /// <exception cref="ArgumentException">The options or the devices are wrong.</exception>
    /// <exception cref="CloneMetadataException">The metadata cannot be used.</exception>
    public static async Task<Clone> OpenAsync(
        IActorRefFactory parent, Clients clients, CloneDevices devices, CloneOptions options, CloneSettings settings)
    {
        Check(devices, options);
        var name = options.Name ?? ActorNames.Next("kcopyd-clone");
        var core = new CloneCore(name, devices, settings, options, clients, clients.Elsewhere(settings.Dispatcher));
        core.Actor = parent.ActorOf(CloneActor.Props(core), name);
        try
        {
            core.Load(await LoadAsync(devices, options, settings).ConfigureAwait(false));
        }
        catch
        {
            core.Actor.Tell(CloseClone.Instance, ActorRefs.NoSender);
            await core.Stopped.Task.ConfigureAwait(false);      // its name is free again soon
            throw;
        }
        core.Actor.Tell(OpenClone.Instance, ActorRefs.NoSender);
        return core.IsGone ? throw new InvalidOperationException($"The parent of clone '{name}' has stopped.") : new Clone(core);
    }

    private static async ValueTask<MetadataImage> LoadAsync(CloneDevices devices, CloneOptions options, CloneSettings settings)
    {
        var image = options.Mode == CloneMetadataMode.Replace ? null : await MetadataReader.ReadAsync(devices.Metadata).ConfigureAwait(false);
        if (image is null && options.Mode == CloneMetadataMode.Open)
            throw new CloneMetadataException(CloneMetadataError.NoMetadata, devices.Metadata.Name, " holds no metadata of a clone",
                "; create it with CloneMetadataMode.OpenOrCreate.") { Offset = 0 };
        if (image is not null)
        {
            CheckIsOf(image.Geometry, devices, options);
            return image;
        }
        var regionSize = options.RegionSize ?? settings.RegionSize;
        CheckRegion(devices, regionSize);
        var geometry = new CloneGeometry(regionSize >> IoRegion.SectorShift, devices.Source.Length >> IoRegion.SectorShift);
        if (!geometry.IsValid)
            throw new ArgumentException($"{devices.Source.Name} of {devices.Source.Length} bytes has {geometry.Regions} regions of {regionSize} bytes, "
                + "more than 2147483648: use larger regions.", nameof(options));
        image = MetadataFormat.Plan(geometry, devices.Metadata.Length, devices.Metadata.Name);
        await MetadataFormat.WriteAsync(image, devices.Metadata).ConfigureAwait(false);
        return image;
    }

    private static void Check(CloneDevices devices, CloneOptions options)
    {
        var (source, destination, metadata) = (devices.Source, devices.Destination, devices.Metadata);
        if (source.Length is 0 or long.MaxValue || (source.Length & (IoRegion.SectorSize - 1)) != 0)
            throw new ArgumentException(
                $"{source.Name} has {(source.Length == long.MaxValue ? "no size" : $"{source.Length} bytes, which is no positive multiple of 512")}: it"
                + " cannot be the source of a clone. Use a range of it.", nameof(devices));
        if (destination.Length < source.Length)
            throw new ArgumentException($"{destination.Name} has {destination.Length} bytes: too small for the {source.Length} bytes of {source.Name}.",
                nameof(devices));
        foreach (var device in new[] { destination, metadata })
        {
            if (device.IsReadOnly || device.Length == long.MaxValue)
                throw new ArgumentException($"{device.Name} {(device.IsReadOnly ? "is read-only" : "has no size")}: a clone cannot write to it.",
                    nameof(devices));
        }
        if (Same(source, destination) || Same(source, metadata) || Same(destination, metadata))
            throw new ArgumentException("Source, destination and metadata of a clone must be three devices.", nameof(devices));
        if (options.RegionSize is { } region)
            CheckRegion(devices, region);
        if (options.HydrationThreshold is < 0)
            throw new ArgumentException("The hydration threshold must not be negative.", nameof(options));
        if (options.HydrationBatchSize is < 1 or > 1 << 16)
            throw new ArgumentException("The hydration batch size must be 1 to 65536 regions.", nameof(options));
    }

    private static void CheckRegion(CloneDevices devices, long regionSize)
    {
        if (!CloneGeometry.IsRegionSize(regionSize))
            throw new ArgumentException($"A region size of {regionSize} bytes: it must be a power of two from 4 KiB to 1 GiB.", nameof(regionSize));
        foreach (var device in new[] { devices.Source, devices.Destination })
        {
            var block = Math.Max(device.LogicalBlockSize, device.Alignment);
            if (regionSize % block != 0)
                throw new ArgumentException($"A region size of {regionSize} bytes: it must be a multiple of {block}, the block size of {device.Name}.",
                    nameof(regionSize));
        }
    }

    private static void CheckIsOf(CloneGeometry found, CloneDevices devices, CloneOptions options)
    {
        if (found.Length != devices.Source.Length)
            throw new CloneMetadataException(CloneMetadataError.OtherClone, devices.Metadata.Name,
                $" is the metadata of a clone of {found.Length} bytes; {devices.Source.Name} has {devices.Source.Length}.",
                " Open it with the source that it was created for.") { Offset = 0 };
        if (options.RegionSize is { } asked && asked != found.RegionSize)
            throw new CloneMetadataException(CloneMetadataError.OtherClone, devices.Metadata.Name,
                $" has regions of {found.RegionSize} bytes, not {asked}.", " Omit the region size.") { Offset = 0 };
        CheckRegion(devices, found.RegionSize);
    }

    private static bool Same(IBlockDevice one, IBlockDevice other) => one.Locate(0) == other.Locate(0);
}
