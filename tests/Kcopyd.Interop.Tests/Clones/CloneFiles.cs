using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Clones;

/// <summary>The devices of a clone, which this library and the kernel use in turn, and what the clone must read as.</summary>
/// <param name="name">Begins the names of the guest's devices.</param>
/// <param name="regionSectors">The region size in 512-byte sectors.</param>
/// <param name="sectors">The clone's size.</param>
/// <param name="random">Draws the contents and the writes.</param>
internal sealed class CloneFiles(string name, int regionSectors, int sectors, Random random)
{
    private const int Sector = 512;
    private const int MetadataSectors = 512;

    private int[] _places = [];

    public MemoryBlockDevice Source { get; } = Filled("source", sectors, random);

    public MemoryBlockDevice Destination { get; private set; } = Filled("destination", sectors, random);

    public MemoryBlockDevice Metadata { get; private set; } = BlockDevice.Memory(MetadataSectors * Sector, name: "metadata");

    public byte[] Expected { get; private set; } = [];

    public int RegionSize => regionSectors * Sector;

    /// <summary>The words of the status that depend on the metadata: its blocks, the region size, and the hydrated regions.</summary>
    public static string Words(string status) => string.Join(' ', status.Split(' ').Take(4));

    public void Begin() => Expected = Source.Bytes.ToArray();

    /// <summary>Draws a write, whose bytes are those of the blob.</summary>
    public (int Sector, int Count, int At) Draw(byte[] blob)
    {
        // Whole regions, parts of one, and ranges across several.
        var count = random.Next(3) == 0 ? regionSectors : random.Next(1, Math.Min(sectors, 3 * regionSectors));
        var first = random.Next(3) == 0 ? random.Next(sectors / regionSectors) * regionSectors : random.Next(sectors);
        count = Math.Min(count, sectors - first);
        var at = random.Next((blob.Length - count * Sector) / Sector) * Sector;
        blob.AsSpan(at, count * Sector).CopyTo(Expected.AsSpan(first * Sector));
        return (first, count, at);
    }

    /// <summary>Adds a step to the kernel's commands: it opens the clone, which must show what is expected, changes it, and closes it.</summary>
    public void AddKernelStep(KernelMapper mapper, DiskImage disk, byte[] blob, string status)
    {
        _places = [disk.Add(Metadata), disk.Add(Destination), disk.Add(Source)];
        var sizes = new[] { MetadataSectors, sectors, sectors };
        for (var i = 0; i < _places.Length; i++)
            mapper.Device($"{name}{i}", sizes[i], $"linear /dev/ubda {_places[i]}");
        mapper.Device(name, sectors, $"clone @{name}0 @{name}1 @{name}2 {regionSectors} 1 no_hydration");
        mapper.Status(name, answer => Assert.Equal(status, Words(answer["clone ".Length..])));
        ExpectContent(mapper);
        for (var i = 0; i < 12; i++)
        {
            var (sector, count, at) = Draw(blob);
            mapper.Write(name, sector, count, at, static result => Assert.Equal("ok", result));
        }
        ExpectContent(mapper);
        mapper.Remove(name);
        for (var i = 0; i < _places.Length; i++)
            mapper.Remove($"{name}{i}");
    }

    /// <summary>Takes over what the kernel has left.</summary>
    public void TakeBack(DiskImage disk)
    {
        Metadata = disk.Read(_places[0], MetadataSectors * Sector, "metadata");
        Destination = disk.Read(_places[1], sectors * Sector, "destination");
    }

    private void ExpectContent(KernelMapper mapper)
    {
        var expected = Expected.ToArray();
        mapper.Read(name, 0, sectors, (_, bytes) => Assert.True(bytes.AsSpan().SequenceEqual(expected), $"{name}: the kernel reads something else"));
    }

    private static MemoryBlockDevice Filled(string name, int sectors, Random random)
    {
        var device = BlockDevice.Memory(sectors * Sector, name: name);
        random.NextBytes(device.Bytes);
        return device;
    }
}
