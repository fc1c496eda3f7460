using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>What the specs of clones share: a source of random bytes in memory, a destination that holds something else, and metadata.</summary>
public abstract class CloneSpec(string config = "") : SnapshotSpec(config)
{
    protected const int Region = 4096;
    protected const int Regions = 64;

    protected static readonly CloneOptions Manual = new() { RegionSize = Region, NoHydration = true, LeaveOpen = true };

    protected MemoryBlockDevice Source { get; } = Device(1, "source");

    protected MemoryBlockDevice Destination { get; } = Device(2, "destination");

    protected MemoryBlockDevice Metadata { get; } = BlockDevice.Memory(16 * MetadataBlock.Size, name: "metadata");

    protected Task<Clone> Open(CloneOptions? options = null, IBlockDevice? source = null, IBlockDevice? destination = null, IBlockDevice? metadata = null) =>
        Soon(Sys.Kcopyd().OpenCloneAsync(source ?? Source, destination ?? Destination, metadata ?? Metadata, options ?? Manual));

    protected static byte[] Part(MemoryBlockDevice device, long offset, int length) => device.Bytes.Slice((int)offset, length).ToArray();

    /// <summary>The committed regions, as another opener would find them.</summary>
    protected static async Task<long> Committed(IBlockDevice metadata)
    {
        var image = (await MetadataReader.ReadAsync(metadata))!;
        return new RegionMap(image.Geometry, image.Words).Hydrated;
    }

    protected static async Task Flush(Clone clone) => Assert.Equal(IoResult.Success(0), await Soon(clone.FlushAsync().AsTask()));

    protected static async Task<long> Hydrated(Clone clone) => (await Soon(clone.GetStatusAsync())).HydratedRegions;

    private static MemoryBlockDevice Device(int seed, string name)
    {
        var device = BlockDevice.Memory(Regions * Region, name: name);
        Bytes.Random(Regions * Region, seed).CopyTo(device.Bytes);
        return device;
    }
}
