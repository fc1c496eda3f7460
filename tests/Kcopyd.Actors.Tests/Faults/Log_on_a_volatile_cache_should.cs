using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Faults;

/// <summary>The layer finds the classic mistakes of a log within a few seeds, and nothing wrong with a log that makes none of them.</summary>
public sealed class Log_on_a_volatile_cache_should(ITestOutputHelper output)
{
    private const int Seeds = 1000;

    [Fact]
    public async Task survive_1000_power_cuts_if_it_has_checksums() =>
        Assert.Empty(await FailuresAsync(LogCare.Checksums, flushErrors: 0, tearsBlocks: false));

    [Fact]
    public async Task survive_damaged_blocks_if_it_has_checksums() =>
        Assert.Empty(await FailuresAsync(LogCare.Checksums, flushErrors: 0, tearsBlocks: true));

    [Fact]
    public async Task survive_flushes_that_fail_if_it_writes_again_what_they_covered() =>
        Assert.Empty(await FailuresAsync(LogCare.Checksums | LogCare.WriteAgain, flushErrors: 0.1, tearsBlocks: false));

    [Fact]
    public async Task be_found_out_within_10_seeds_if_it_has_no_checksums() =>
        Assert.InRange((await FailuresAsync(LogCare.None, flushErrors: 0, tearsBlocks: false))[0], 0, 9);

    [Fact]
    public async Task be_found_out_within_10_seeds_if_it_only_repeats_a_flush_that_failed() =>
        Assert.InRange((await FailuresAsync(LogCare.Checksums, flushErrors: 0.1, tearsBlocks: false))[0], 0, 9);

    /// <summary>The seeds with which the log lost an acknowledged record, or has one that was never appended.</summary>
    private async Task<List<int>> FailuresAsync(LogCare care, double flushErrors, bool tearsBlocks)
    {
        var failures = new List<int>();
        for (var seed = 0; seed < Seeds; seed++)
            if (!await SurvivesAsync(seed, care, flushErrors, tearsBlocks))
                failures.Add(seed);
        output.WriteLine($"{failures.Count} of {Seeds} seeds fail: {string.Join(", ", failures.Take(10))}");
        return failures;
    }

    private static async Task<bool> SurvivesAsync(int seed, LogCare care, double flushErrors, bool tearsBlocks)
    {
        var random = new Random(seed);
        await using var disk = BlockDevice.Memory(1 << 16)
            .WithErrorRate(flushErrors, seed, operations: IoOperations.Flush)
            .WithVolatileCache(seed, tearsBlocks);
        var log = new TinyLog(disk, care);
        var acknowledged = new List<byte[]>();
        for (var life = 0; life < 4; life++)
        {
            for (var i = random.Next(4); i > 0; i--)
            {
                acknowledged.Add(Payload(random));
                await log.AppendAsync(acknowledged[^1]);
            }
            var unfinished = Payload(random);
            await log.WriteAsync(unfinished);
            await disk.CrashAsync(random.Next());

            log = new TinyLog(disk, care);
            var recovered = await log.RecoverAsync();
            if (recovered.Count == acknowledged.Count + 1 && recovered[^1].AsSpan().SequenceEqual(unfinished))
                acknowledged.Add(unfinished);
            if (recovered.Count != acknowledged.Count || !recovered.Zip(acknowledged).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)))
                return false;
        }
        return true;
    }

    private static byte[] Payload(Random random) => Bytes.Random(1 + random.Next(2000), random.Next());
}
