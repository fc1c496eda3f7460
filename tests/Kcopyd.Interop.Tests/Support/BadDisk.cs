using System.Globalization;
using System.Text;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A disk with bad sectors, served by nbdkit's ddrescue filter. Only direct reads see single sectors: the page cache reads 4 KiB.</summary>
internal static class BadDisk
{
    private const int Sector = 512;

    /// <summary>Seeded sectors, including the first and the last of the disk and a run of three.</summary>
    public static SortedSet<long> Sectors(long length, int count, int seed = 137)
    {
        var random = new Random(seed);
        var last = length / Sector - 1;
        var sectors = new SortedSet<long> { 0, last, last / 2, last / 2 + 1, last / 2 + 2 };
        while (sectors.Count < count)
            sectors.Add(random.NextInt64(last));
        return sectors;
    }

    public static Task<NbdFuse> ServeAsync(TempFolder folder, string image, IEnumerable<long> sectors, params IEnumerable<string> more)
    {
        Requires.Fuse();
        var map = folder["bad-sectors.map"];
        File.WriteAllText(map, Map(new FileInfo(image).Length, sectors));
        var parameters = more.Where(argument => !IsFilter(argument));
        return NbdFuse.ServeAsync(["--filter=ddrescue", .. more.Where(IsFilter), "file", image, $"ddrescue-mapfile={map}", .. parameters]);
    }

    /// <summary>The expected content of a copy that ignores errors: the image with zeroes for every bad sector.</summary>
    public static string Expected(TempFolder folder, string image, IEnumerable<long> sectors)
    {
        var bytes = File.ReadAllBytes(image);
        foreach (var sector in sectors)
            bytes.AsSpan((int)sector * Sector, Sector).Clear();
        File.WriteAllBytes(folder["expected"], bytes);
        return folder["expected"];
    }

    /// <summary>The sectors of a list of ranges.</summary>
    public static IEnumerable<long> SectorsOf(IEnumerable<(long Offset, long Length)> ranges) =>
        ranges.SelectMany(range =>
        {
            if (range.Offset % Sector != 0 || range.Length % Sector != 0 || range.Length == 0)
                throw new InvalidOperationException($"{range} is not a range of sectors");
            return Enumerable.Range(0, (int)(range.Length / Sector)).Select(i => range.Offset / Sector + i);
        });

    private static bool IsFilter(string argument) => argument.StartsWith("--filter=", StringComparison.Ordinal);

    private static string Map(long length, IEnumerable<long> sectors)
    {
        var map = new StringBuilder("# made by a test\n0x0 + 1\n");
        long position = 0;
        void Add(long end, char status)
        {
            if (end > position)
                map.Append(CultureInfo.InvariantCulture, $"0x{position:X} 0x{end - position:X} {status}\n");
            position = Math.Max(position, end);
        }
        foreach (var sector in sectors)
        {
            Add(sector * Sector, '+');
            Add((sector + 1) * Sector, '-');
        }
        Add(length, '+');
        return map.ToString();
    }
}
