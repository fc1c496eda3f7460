using System.Diagnostics;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>The collection of tests that measure the whole process, so that no other test may run at the same time.</summary>
[CollectionDefinition(nameof(Requests_should), DisableParallelization = true)]
public sealed class RequestsAlone;

[Collection(nameof(Requests_should))]
public sealed class Requests_should(ITestOutputHelper output) : EngineTest
{
    private const int Depth = 32;
    private const int Each = 1000;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task allocate_no_more_than_the_dispatcher_does_for_each_answer(bool writes)
    {
        Requires.Tools("nbdkit");
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "memory", "64M"));
        var device = Own(await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri, new NbdClientOptions { UnflushedLimit = 8 << 20 }));
        await RunAsync(device, writes);
        await RunAsync(device, writes);

        var min = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var (before, started) = (GC.GetTotalAllocatedBytes(precise: true), Stopwatch.GetTimestamp());
            await RunAsync(device, writes);
            min = Math.Min(min, GC.GetTotalAllocatedBytes(precise: true) - before);
            var rate = Depth * Each / Stopwatch.GetElapsedTime(started).TotalSeconds;
            output.WriteLine($"{rate:N0} {(writes ? "writes" : "reads")} of 4 KiB a second, {min / (Depth * Each)} bytes each");
        }

        // MessageDispatcher.Schedule allocates a wrapper for its argument.
        Assert.InRange(min / (Depth * Each), 0, 40);
    }

    private static Task RunAsync(NbdBlockDevice device, bool writes) => Task.WhenAll(Enumerable.Range(0, Depth).Select(async worker =>
    {
        var buffer = new byte[4096];
        for (var i = 0; i < Each; i++)
        {
            var offset = (long)(worker * Each + i) % 16384 * 4096;
            var result = writes ? await device.WriteAsync(offset, buffer).ConfigureAwait(false) : await device.ReadAsync(offset, buffer).ConfigureAwait(false);
            if (result != IoResult.Success(4096))
                throw new InvalidOperationException(result.ToString());
        }
    }));
}
