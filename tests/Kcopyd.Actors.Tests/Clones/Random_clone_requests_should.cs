using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Snapshots.Model;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Random reads, writes, zeroes, discards and flushes against a model; the power fails at every moment; every I/O fails once.</summary>
public sealed class Random_clone_requests_should(ITestOutputHelper output) : EngineSpec("kcopyd.clones.commit-interval = 2 ms")
{
    [Fact]
    public async Task show_what_was_written_and_otherwise_the_source()
    {
        var (first, count) = Seeds.Of(40);
        for (var seed = first; seed < first + count; seed++)
        {
            var world = new CloneWorld(seed) { Discards = seed % 2 == 0 };
            for (var generation = 0; generation < 3; generation++)
            {
                var clone = await Soon(CloneWorld.OpenAsync(Sys, world.Source, world.Destination, world.Metadata, seed + generation));
                await Soon(world.PlayAsync(clone, callers: 4, requests: 40));
                await Soon(world.CheckAsync(clone));
                await Soon(clone.DisposeAsync().AsTask());
            }
            var image = await MetadataReader.ReadAsync(world.Metadata);
            world.Judge(world.Destination.Bytes, image, world.Log.Now);
            Assert.True(world.Complaints.Count == 0, $"Seed {seed}: {string.Join('\n', world.Complaints.Take(5))}");
            Assert.Equal(0, world.Errors);
        }
    }

    [Fact]
    public async Task lose_nothing_that_was_flushed_when_the_power_fails_at_any_moment()
    {
        var points = 0;
        var (first, count) = Seeds.Of(8);
        for (var seed = first; seed < first + count; seed++)
        {
            var world = new CloneWorld(seed);
            var destination = world.Destination.WithRecording(world.Log);
            var metadata = world.Metadata.WithRecording(world.Log);
            var clone = await Soon(CloneWorld.OpenAsync(Sys, world.Source, destination, metadata, seed));
            await Soon(world.PlayAsync(clone, callers: 3, requests: 25));
            await Soon(clone.DisposeAsync().AsTask());
            foreach (var cut in PowerCuts.Enumerate(world.Log, new PowerCutOptions { Samples = 8, Seed = seed }))
            {
                points++;
                var image = await MetadataReader.ReadAsync(cut.Open(metadata.Disk));
                world.Judge(cut.Bytes(destination.Disk), image, cut.Time);
                Assert.True(world.Complaints.Count == 0, $"Seed {seed}, {cut}: {string.Join('\n', world.Complaints.Take(5))}");
            }
        }
        output.WriteLine($"{points} crash points of {count} seeds");
        Assert.True(points > 100 * count, $"{points} crash points");
    }

    [Theory]
    [InlineData("source")]
    [InlineData("destination")]
    [InlineData("metadata")]
    public async Task lose_nothing_that_was_flushed_and_lie_about_nothing_when_any_io_fails(string which)
    {
        const int Seed = 5;
        int faults = 0, errors = 0;
        for (var at = 1; at < 1000; at++)
        {
            var world = new CloneWorld(Seed) { MayLose = true };
            var failing = new FailingIo(which == "source" ? world.Source : which == "destination" ? world.Destination : world.Metadata, at);
            var complete = await PlayAsync(world, failing, which);
            Assert.True(world.Complaints.Count == 0, $"I/O {at} on the {which}: {string.Join('\n', world.Complaints.Take(5))}");
            errors += world.Errors;
            if (!failing.HasFailed)
                break;
            faults++;
            if (!complete)
                continue;
            // Without faults the clone opens, and shows at least what was flushed.
            var image = await MetadataReader.ReadAsync(world.Metadata);
            world.Judge(world.Destination.Bytes, image, world.Log.Now);
            Assert.True(world.Complaints.Count == 0, $"After I/O {at} on the {which}: {string.Join('\n', world.Complaints.Take(5))}");
        }
        output.WriteLine($"{faults} faults on the {which}, {errors} requests failed");
        Assert.True(faults > 10 && (errors > 0 || which == "source"), $"{faults} faults, {errors} errors");
    }

    private async Task<bool> PlayAsync(CloneWorld world, FailingIo failing, string which)
    {
        Clone clone;
        try
        {
            clone = await Soon(CloneWorld.OpenAsync(Sys, which == "source" ? failing : world.Source, which == "destination" ? failing : world.Destination,
                which == "metadata" ? failing : world.Metadata, seed: 4));
        }
        catch (CloneMetadataException refusal) when (refusal.Reason is CloneMetadataError.ReadFailed or CloneMetadataError.WriteFailed)
        {
            return which == "metadata";
        }
        await Soon(world.PlayAsync(clone, callers: 2, requests: 12));
        await Soon(world.CheckAsync(clone));
        await Soon(clone.DisposeAsync().AsTask());
        return true;
    }

    private sealed class FailingIo(IBlockDevice inner, long at) : ErrorLayer(inner, IoError.Io, IoOperations.All, leaveOpen: true)
    {
        private long _seen;

        public bool HasFailed => Volatile.Read(ref _seen) >= at;

        protected override bool Fails(IoOperations operation, long offset, long length) => Interlocked.Increment(ref _seen) == at;
    }
}
