namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Mirrors of all sizes that one side writes and closes, or leaves in a crash, and the other side then opens.</summary>
internal static class HandedOver
{
    // Sectors of a region, regions, sectors that the last region lacks, and legs.
    private static readonly (int Region, int Regions, int Less, int Legs)[] Shapes =
        [(2, 90, 0, 2), (2, 33, 1, 9), (8, 64, 0, 5), (8, 50, 3, 3), (128, 9, 1, 4), (128, 6, 127, 2), (1024, 3, 500, 2), (1024, 2, 0, 3)];

    private static readonly string[] Ends =
        ["is closed", "is killed with writes in flight", "is killed after its last write", "is killed before it is in sync"];

    public static MirrorPlay[] Plays(bool ours, byte[] blob) => [.. Shapes.SelectMany((_, shape) => Ends.Select((_, end) => Play(ours, shape, end, blob)))];

    private static MirrorPlay Play(bool ours, int which, int end, byte[] blob)
    {
        var random = new Random(which * 100 + end);
        var (region, regions, less, legs) = Shapes[which];
        var shape = new MirrorShape(region, region * regions - less, legs, Equal: end == 1, LogBytes.Size(regions) / 512, LogJunk: 0);
        var first = new MirrorStep
        {
            Ours = ours, Waits = end != 3, Crashes = end != 0, Features = which % 2, Operations = Operations(12), InFlight = end == 1 ? Operations(4) : [],
            HeldLeg = (which + 1) % legs,
        };
        var second = new MirrorStep { Ours = !ours, Marks = true, Features = 1 };
        // The kernel's log has no label, unless it opens a mirror of ours, so both kinds are handed over.
        MirrorStep[] steps = ours || which % 2 == 0 ? [first, second] : [new MirrorStep { Ours = true }, first, second];
        return new MirrorPlay(new MirrorScript($"{(ours ? "our mirror" : "the kernel's mirror")} {Ends[end]}", shape, steps), blob);

        MirrorOperation[] Operations(int count) => [.. Enumerable.Range(0, count).Select(_ => MirrorScript.MakeOperation(random, shape))];
    }
}
