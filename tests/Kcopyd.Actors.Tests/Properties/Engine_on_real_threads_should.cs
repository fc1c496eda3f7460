using Akka.Actor;
using CsCheck;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

/// <summary>The default dispatchers, memory and fault layers, and a model that predicts the result from the bad sectors alone.</summary>
public sealed class Engine_on_real_threads_should : IAsyncLifetime
{
    private static readonly Gen<int[]> Bad = Gen.OneOf(Gen.Const(Array.Empty<int>()), Gen.Int[0, 199].Array[1, 6]);

    private readonly ActorSystem _system = ActorSystem.Create("properties", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void end_as_the_model_foretells() =>
        Gen.Select(Gen.Int[0, 200], Bad, Bad.Array[1, 8], Gen.Bool, Gen.Bool, Gen.Int[0, 3], Gen.Int[1, 4])
            .Sample((sectors, badReads, badWrites, ignoresErrors, isSequential, finish, pages) =>
        {
            var flags = (ignoresErrors ? CopyFlags.IgnoreError : 0) | (isSequential ? CopyFlags.Sequential : 0)
                | finish switch { 1 => CopyFlags.Flush, 2 => CopyFlags.Verify, 3 => CopyFlags.VerifyHash, _ => 0 };
            var medium = BlockDevice.Memory(200 * IoRegion.SectorSize);
            new Random(sectors).NextBytes(medium.Bytes);
            var source = medium.WithErrors(Ranges(badReads), operations: IoOperations.Read).WithShortTransfers(seed: sectors);
            var mirrors = badWrites.Select(_ => BlockDevice.Memory(200 * IoRegion.SectorSize)).ToArray();
            foreach (var mirror in mirrors)
                mirror.Bytes.Fill(0xA5);
            var to = mirrors.Zip(badWrites, (mirror, bad) =>
                mirror.WithErrors(Ranges(bad), operations: IoOperations.Write | IoOperations.WriteZeroes).Region(0, sectors)).ToArray();

            var settings = _system.Kcopyd().Settings with { SubJobSize = pages * 4096, PagePoolSize = pages * 4096 * 2, SubJobsPerJob = 3 };
            var client = _system.Kcopyd().CreateClient(settings: settings);
            var result = client.CopyAsync(source.Region(0, sectors), to, flags).GetAwaiter().GetResult();
            client.DestroyAsync().GetAwaiter().GetResult();

            var unreadable = badReads.Where(sector => sector < sectors).ToHashSet();
            var failing = badWrites.Select(bad => bad.Any(sector => sector < sectors)).ToArray();
            if (ignoresErrors && !isSequential)
            {
                Assert.Equal(unreadable.Count > 0, result.ReadError);
                Assert.Equal(unreadable.Order(), result.Unreadable.SelectMany(range => Sectors(range)));
                for (var i = 0; i < to.Length; i++)
                    Assert.Equal(failing[i], (result.WriteErrors >> i & 1) != 0);
            }
            else
            {
                Assert.Equal(unreadable.Count == 0 && !failing.Contains(true), result.IsSuccess);
                Assert.False(result.ReadError && unreadable.Count == 0);
                for (var i = 0; i < to.Length; i++)
                    Assert.False((result.WriteErrors >> i & 1) != 0 && !failing[i]);
            }
            for (var i = 0; i < to.Length; i++)
            {
                for (var sector = 0; sector < 200; sector++)
                {
                    var now = mirrors[i].Bytes.Slice(sector * IoRegion.SectorSize, IoRegion.SectorSize);
                    var isOld = !now.ContainsAnyExcept((byte)0xA5);
                    var isNew = unreadable.Contains(sector)
                        ? !now.ContainsAnyExcept((byte)0)
                        : now.SequenceEqual(medium.Bytes.Slice(sector * IoRegion.SectorSize, IoRegion.SectorSize));
                    var mustBeOld = sector >= sectors || badWrites[i].Contains(sector) || (unreadable.Contains(sector) && (!ignoresErrors || isSequential));
                    var mustBeNew = !mustBeOld && ((ignoresErrors && !isSequential) || result.IsSuccess);
                    Assert.True(mustBeOld ? isOld : mustBeNew ? isNew : isOld || isNew, $"destination {i}, sector {sector}: {result}");
                }
            }
        }, iter: 300, threads: 1);

    private static IEnumerable<ByteRange> Ranges(int[] sectors) =>
        sectors.Select(sector => new ByteRange(sector * (long)IoRegion.SectorSize, IoRegion.SectorSize));

    private static IEnumerable<int> Sectors(UnreadableRange range) =>
        Enumerable.Range((int)(range.Offset / IoRegion.SectorSize), (int)(range.Length / IoRegion.SectorSize));
}
