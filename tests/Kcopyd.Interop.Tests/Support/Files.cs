using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>What was copied, judged by the machine's own cmp.</summary>
internal static class Files
{
    public static async Task AssertIdenticalAsync(string expected, string actual)
    {
        var cmp = await Tool.RunAsync("cmp", expected, actual);
        Assert.True(cmp.ExitCode == 0, cmp.ToString());
    }

    /// <summary>For a destination that may be longer than what was copied.</summary>
    public static async Task AssertIdenticalAsync(string expected, string actual, long length)
    {
        var cmp = await Tool.RunAsync("cmp", "--bytes", $"{length}", expected, actual);
        Assert.True(cmp.ExitCode == 0, cmp.ToString());
    }
}
