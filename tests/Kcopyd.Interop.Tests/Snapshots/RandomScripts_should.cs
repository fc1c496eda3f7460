using System.Globalization;
using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>
/// Random scripts, run by this library and by the real kernel: each operation must have the same result, each status the same text, each device the same
/// content, and each store the same bytes; and each side must see in the other's stores what it sees in its own. <c>KCOPYD_SNAPSHOT_SEED</c> replays one
/// script, <c>KCOPYD_SNAPSHOT_SCRIPTS</c> is the number of scripts, and <c>KCOPYD_SNAPSHOT_FIRST_SEED</c> the seed of the first.
/// </summary>
public sealed class RandomScripts_should(ITestOutputHelper output) : SnapshotTest
{
    [SkippableFact]
    public async Task leave_the_same_bytes_as_the_real_kernel()
    {
        RealKernel.Require();
        var blob = Script.MakeBlob();
        Play[] plays = [.. Seeds().Select(seed => new Play(new Script(seed), blob))];
        using var mapper = new KernelMapper();
        var failures = await Play.RunAsync(plays, blob, System, Folder, mapper);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{plays.Length} scripts, {plays.Sum(play => play.Script.Operations.Count)} operations, {plays.Sum(play => play.Seen.Count)} observations, "
            + $"{mapper.Count} commands to the kernel, {plays.Sum(play => play.Bytes)} bytes of devices compared, {failures.Count} scripts with differences"));
        Assert.True(failures.Count == 0, $"{failures.Count} of {plays.Length} scripts differ\n{string.Join("\n\n", failures.Take(5))}");
    }

    private static IEnumerable<int> Seeds() => Number("KCOPYD_SNAPSHOT_SEED", -1) is var seed and >= 0 ? [seed]
        : Enumerable.Range(Number("KCOPYD_SNAPSHOT_FIRST_SEED", 1), Number("KCOPYD_SNAPSHOT_SCRIPTS", 400));

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
