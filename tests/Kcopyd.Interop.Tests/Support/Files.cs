using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>Compares copies with the cmp program of the machine.</summary>
internal static class Files
{
    public static async Task AssertIdenticalAsync(string expected, string actual)
    {
        var cmp = await Tool.RunAsync("cmp", expected, actual);
        Assert.True(cmp.ExitCode == 0, cmp.ToString());
    }

    /// <summary>Compares only the first bytes, for a destination that may be longer than the copy.</summary>
    public static async Task AssertIdenticalAsync(string expected, string actual, long length)
    {
        var cmp = await Tool.RunAsync("cmp", "--bytes", $"{length}", expected, actual);
        Assert.True(cmp.ExitCode == 0, cmp.ToString());
    }

    /// <summary>True once the first sector of a file that was created empty has been written.</summary>
    public static bool HasData(string path)
    {
        if (!File.Exists(path))
            return false;
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        var sector = new byte[512];
        return RandomAccess.Read(file, sector, 0) > 0 && sector.AsSpan().ContainsAnyExcept((byte)0);
    }
}
