using System.Runtime.InteropServices;
using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class HashSalts_should
{
    /// <summary>In processes of their own: this one has hashed collections already.</summary>
    [Fact]
    public async Task give_every_process_the_same_hash_codes()
    {
        var fixedSalts = new[] { await Hashes("fix"), await Hashes("fix") };
        var random = new[] { await Hashes("leave"), await Hashes("leave") };
        Assert.Equal(fixedSalts[0], fixedSalts[1]);
        Assert.Equal(3, fixedSalts.Concat(random).Distinct().Count());
    }

    [Fact]
    public void name_the_runtime_and_what_does_not_replay_if_a_field_is_missing()
    {
        var problem = HashSalts.Fix("System.Marvin", "NoSuchField", 1UL, static () => 0);
        Assert.Contains(RuntimeInformation.FrameworkDescription, problem, StringComparison.Ordinal);
        Assert.Contains("System.Marvin.NoSuchField does not exist", problem, StringComparison.Ordinal);
        Assert.Contains("does not replay in another process", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void notice_a_field_of_another_type()
    {
        Assert.Contains("is a System.UInt32, not a System.UInt64", HashSalts.Fix("System.HashCode", "s_seed", 1UL, static () => 0), StringComparison.Ordinal);
    }

    private static async Task<string> Hashes(string what)
    {
        var output = await Dotnet.RunAsync(AppContext.BaseDirectory, "RewriterProbe.dll", what);
        Assert.NotEmpty(output);
        return output;
    }
}
