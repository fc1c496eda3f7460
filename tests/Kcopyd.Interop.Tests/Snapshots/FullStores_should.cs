using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>The results of a full store, as with the real kernel; the statuses after each step are those that the kernel showed.</summary>
public sealed class FullStores_should : SnapshotTest
{
    private const int Chunk = 8, Room = 4;      // sectors; chunks that fit into the store

    private static readonly StoreSpec Persistent = new(6 * Chunk, Chunk, Overflow: false, Discards: true, JunkAt: -1);
    private static readonly StoreSpec Overflowing = Persistent with { Overflow = true };

    private static readonly (Script Script, string[] Statuses)[] Cases =
    [
        (Case("an origin write that cannot be copied", Overflowing, [.. Fill(-1), Write(-1, 128, 8), Write(0, 0, 8), Discard(0, 8)]),
            ["24/48 16", "32/48 16", "40/48 16", "48/48 16", "Invalid", "Invalid", "Invalid", "Invalid"]),
        (Case("an overflow, then an origin write that cannot be copied", Overflowing, [.. Fill(0), Write(0, 128, 1), Write(-1, 192, 8)]),
            ["24/48 16", "32/48 16", "40/48 16", "48/48 16", "Overflow", "Invalid", "Invalid"]),
        (Case("an overflow, then an origin write to a chunk that is in the store", Overflowing,
            [.. Fill(0), Write(0, 128, 1), Write(-1, 0, 8), Write(0, 0, 8), Discard(0, 8)]),
            ["24/48 16", "32/48 16", "40/48 16", "48/48 16", "Overflow", "Overflow", "Overflow", "Overflow", "48/48 16"]),
        (Case("a full store that has not overflowed", Overflowing, [.. Fill(0), Write(0, 0, 8), Write(0, 17, 2), Discard(0, 8), Write(-1, 0, 8)]),
            ["24/48 16", "32/48 16", "40/48 16", "48/48 16", "48/48 16", "48/48 16", "48/48 16", "48/48 16", "48/48 16"]),
        (Case("a large write during which the store becomes full", Persistent, [Write(0, 0, 80), Write(0, 0, 8)]), ["Invalid", "Invalid", "Invalid"]),
        (Case("the same with an overflow", Overflowing, [Write(0, 4, 80), Write(0, 8, 8)]), ["Overflow", "Overflow", "48/48 16"]),
        (Case("a large write to the origin", Persistent, [Write(-1, 4, 80), Write(0, 8, 8)]), ["Invalid", "Invalid", "Invalid"]),
        (Case("a merge of what has overflowed", Overflowing, [Write(0, 4, 80), new(Step.Merge, 0, 0, 0, 0)]), ["Overflow", "16/48 16", "16/48 16"]),
    ];

    [SkippableFact]
    public async Task fail_as_the_kernels_do()
    {
        RealKernel.Require();
        var blob = Script.MakeBlob();
        Play[] plays = [.. Cases.Select(one => new Play(one.Script, blob))];
        using var mapper = new KernelMapper();
        var failures = await Play.RunAsync(plays, blob, System, Folder, mapper);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        foreach (var (play, (script, statuses)) in plays.Zip(Cases))
        {
            var seen = play.Seen.Where(seen => seen.What == "status 0").Select(seen => seen.Result);
            Assert.Equal((script.Name, string.Join(", ", statuses.Select(words => $"snapshot {words}"))), (script.Name, string.Join(", ", seen)));
        }
    }

    private static Script Case(string name, StoreSpec store, params Operation[] operations) => new(name, 256, store, operations);

    // Chunks that are not adjacent.
    private static IEnumerable<Operation> Fill(int target) => Enumerable.Range(0, Room).Select(i => Write(target, 2 * i * Chunk, Chunk));

    private static Operation Write(int target, int sector, int count) => new(Step.Write, target, sector, count, At: sector * 512 + 100);

    private static Operation Discard(int sector, int count) => new(Step.Discard, 0, sector, count, 0);
}
