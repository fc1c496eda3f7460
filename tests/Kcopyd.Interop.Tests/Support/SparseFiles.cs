using System.Globalization;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>Files with holes.</summary>
internal static class SparseFiles
{
    /// <summary>Creates a file of holes with seeded random data in some places.</summary>
    public static string Create(string path, long length, params (long Offset, int Length)[] data)
    {
        var random = new Random(11);
        using var file = File.Create(path);
        file.SetLength(length);
        foreach (var (offset, bytes) in data)
        {
            var buffer = new byte[bytes];
            random.NextBytes(buffer);
            file.Position = offset;
            file.Write(buffer);
        }
        file.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>The number of bytes that a file occupies according to stat.</summary>
    public static async Task<long> OccupiedAsync(string path) =>
        long.Parse(await Tool.OutputAsync("stat", "--format=%b", path), CultureInfo.InvariantCulture) * 512;
}
