using System.Globalization;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Clones that the real kernel made, with what it said and read when it opened them.</summary>
/// <param name="Name">The name of its files.</param>
/// <param name="Sectors">512-byte sectors of the clone.</param>
/// <param name="RegionSectors">512-byte sectors of a region.</param>
/// <param name="Hydrated">The hydrated regions.</param>
/// <param name="Status">Used and total metadata blocks, region size, and regions, as in <c>dmsetup status</c>.</param>
/// <param name="Content">SHA-256 of what the clone reads; empty if only its metadata is kept.</param>
internal sealed record GoldenClone(string Name, long Sectors, int RegionSectors, string Hydrated, string Status, string Content)
{
    public static GoldenClone[] All { get; } =
    [
        new("r8-fresh", 8192, 8, "", "6/64 8 0/1024", "3762157d42dcf633e75567beff377de5429042303a6d0a44dc7d8fb5cfd024dd"),
        new("r8-half", 8192, 8, "0-343,1000", "6/64 8 345/1024", "8189c122ee01f829b0c1ddd8f48cefa6ad0229e79773ad1504d6d71c9267365e"),
        new("r8-crash", 8192, 8, "100-120", "6/64 8 21/1024", "ae1f306e78c1f76708732deb94b81587c70f0ba375326a9c21141437f8d28452"),
        new("r16-writes", 8192, 16, "3,5,7-9,40,51-52,511", "6/64 16 9/512", "07a101c77a09ef784e7e5f61f25e3c40eb72710c725d7c545153d7b8c310fc00"),
        new("r128-odd", 8101, 128, "1,61,63", "6/10 128 3/64", "0879bc63fed806d4898c7f3ffe9f32825d9492ad4eb9bd9515b5dbed9e8c58ad"),
        new("r1024-done", 8192, 1024, "0-7", "6/64 1024 8/8", "3762157d42dcf633e75567beff377de5429042303a6d0a44dc7d8fb5cfd024dd"),
        new("two-arrays", 320000, 8, "10,32575-32578,33000,39999", "7/64 8 7/40000", ""),
        new("deep-tree", 80000000, 8, "0,5000000-5000001,9999999", "314/512 8 4/10000000", ""),
    ];

    public static TheoryData<string> Names => [.. All.Select(static clone => clone.Name)];

    public static TheoryData<string> WithContent => [.. All.Where(static clone => clone.Content.Length > 0).Select(static clone => clone.Name)];

    public MemoryBlockDevice Metadata() => Device("meta");

    public MemoryBlockDevice Destination() => Device("dest");

    /// <summary>The source of all samples: each sector repeats its number.</summary>
    public MemoryBlockDevice Source()
    {
        var device = BlockDevice.Memory(Sectors * IoRegion.SectorSize, name: "source");
        for (var sector = 0; sector < Sectors; sector++)
        {
            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{"source",-14} {sector:d16}\n"));
            for (var i = 0; i < 16; i++)
                line.CopyTo(device.Bytes[(sector * IoRegion.SectorSize + i * line.Length)..]);
        }
        return device;
    }

    public static GoldenClone Of(string name) => Array.Find(All, clone => clone.Name == name)!;

    private MemoryBlockDevice Device(string what)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Clones/Golden", $"clone-{Name}.{what}.gz");
        using var bytes = new MemoryStream();
        using (var zipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            zipped.CopyTo(bytes);
        var device = BlockDevice.Memory(bytes.Length, name: what);
        bytes.ToArray().CopyTo(device.Bytes);
        return device;
    }
}
