using System.Globalization;
using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>
/// Random scripts, in which this library and the real kernel open the same mirror in turns, write, and close it or are killed. After each step every leg has
/// the content of the model, the log has the bits of the model, and the status has the same words. <c>KCOPYD_MIRROR_SEED</c> replays one script,
/// <c>KCOPYD_MIRROR_SCRIPTS</c> is the number of scripts, and <c>KCOPYD_MIRROR_FIRST_SEED</c> the seed of the first.
/// </summary>
public sealed class Random_mirrors_should(ITestOutputHelper output) : MirrorTest
{
    private const int MaxScripts = 100;     // in one boot: the guest has little memory, and those that crash stay open to its end

    [SkippableFact]
    public async Task be_passed_between_this_library_and_the_real_kernel()
    {
        RealKernel.Require();
        var blob = MakeBlob();
        MirrorPlay[] plays = [.. Seeds().Select(seed => new MirrorPlay(new MirrorScript(seed), blob))];
        List<string> failures = [];
        foreach (var batch in plays.Chunk(MaxScripts))
            failures.AddRange(await MirrorPlay.RunAsync(batch, blob, System, Folder));
        output.WriteLine(MirrorPlay.Summary(plays));
        Assert.True(failures.Count == 0, $"{failures.Count} of {plays.Length} scripts differ\n{string.Join("\n\n", failures.Take(5))}");
    }

    private static IEnumerable<int> Seeds() => Number("KCOPYD_MIRROR_SEED", -1) is var seed and >= 0 ? [seed]
        : Enumerable.Range(Number("KCOPYD_MIRROR_FIRST_SEED", 1), Number("KCOPYD_MIRROR_SCRIPTS", 100));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
