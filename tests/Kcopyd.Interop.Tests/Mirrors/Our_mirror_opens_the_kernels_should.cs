using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The legs and the log that the kernel has left, after it removed its mirror or was killed.</summary>
public sealed class Our_mirror_opens_the_kernels_should(ITestOutputHelper output) : MirrorTest
{
    // Marks on the legs show that regions which the log calls clean are not copied.
    [SkippableFact]
    public async Task recover_exactly_the_regions_that_the_kernels_log_does_not_call_clean()
    {
        RealKernel.Require();
        var blob = MakeBlob();
        var plays = HandedOver.Plays(ours: false, blob);
        var failures = await MirrorPlay.RunAsync(plays, blob, System, Folder);
        output.WriteLine(MirrorPlay.Summary(plays));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(5)));
    }

    // lvm2 writes such a count into a new log, so that all bits are valid whatever the size.
    [SkippableFact]
    public async Task trust_all_bits_of_a_log_without_a_count_as_the_kernel_does()
    {
        RealKernel.Require();
        var blob = MakeBlob();
        var shape = new MirrorShape(8, 795, Legs: 2, Equal: false, LogSectors: 3, LogJunk: 0);
        var log = LogBytes.Written(new byte[shape.LogSectors * Sector], [.. Enumerable.Range(0, shape.Regions).Select(i => i % 3 != 0)]);
        log.AsSpan(8, 8).Fill(byte.MaxValue);
        MirrorPlay[] plays = [.. new[] { true, false }.Select(ours =>
            new MirrorPlay(new MirrorScript("a log without a count", shape, new MirrorStep { Ours = ours, Marks = true }), blob, [.. log]))];
        var failures = await MirrorPlay.RunAsync(plays, blob, System, Folder);
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }
}
