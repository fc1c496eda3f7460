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
}
