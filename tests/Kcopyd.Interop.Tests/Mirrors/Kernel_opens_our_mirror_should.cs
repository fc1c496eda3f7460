using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The legs and the log that this library has left, after it closed its mirror or was killed.</summary>
public sealed class Kernel_opens_our_mirror_should(ITestOutputHelper output) : MirrorTest
{
    private const int Sectors = 4000, Region = 8, Regions = Sectors / Region, Legs = 3, Half = Sectors / 2;

    // Marks on the legs show that regions which the log calls clean are not copied.
    [SkippableFact]
    public async Task recover_exactly_the_regions_that_our_log_does_not_call_clean()
    {
        RealKernel.Require();
        var blob = MakeBlob();
        var plays = HandedOver.Plays(ours: true, blob);
        var failures = await MirrorPlay.RunAsync(plays, blob, System, Folder);
        output.WriteLine(MirrorPlay.Summary(plays));
        Assert.True(failures.Count == 0, string.Join("\n\n", failures.Take(5)));
    }

    [SkippableFact]
    public async Task recover_copies_of_our_files_that_were_made_while_we_wrote()
    {
        RealKernel.Require();
        var blob = MakeBlob();
        string[] legs = [.. Enumerable.Range(0, Legs).Select(i => Folder.RandomFile($"leg{i}", Sectors * Sector))];
        var log = Folder.EmptyFile("log", 8192);
        // Regions never become clean again, so that a log which is copied last marks whatever differs between legs which are copied before.
        var system = ActorSystem.Create("copied", "akka.loglevel = ERROR\nkcopyd.mirrors.clean-delay = 1h");
        try
        {
            await using var mirror = await system.Kcopyd().OpenMirrorAsync([.. legs.Select(leg => BlockDevice.Open(leg))],
                new() { Log = BlockDevice.Open(log), RegionSize = Region * Sector, AssumeInSync = true });
            for (var sector = 0; sector < Half; sector += 40)
                Assert.True((await mirror.WriteAsync(sector * Sector, blob.AsMemory(sector * Sector, 4 * Sector))).IsSuccess);
            var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => WriteAsync(mirror, blob, writer, 300)));
            foreach (var path in legs.Append(log))
            {
                await WriteAsync(mirror, blob, 4, 25);      // between the copies, so that they differ
                File.Copy(path, $"{path}.copy");
            }
            await writing;
        }
        finally
        {
            await system.Terminate();
        }

        var (before, clean) = (Read(legs), LogBytes.Clean(await File.ReadAllBytesAsync($"{log}.copy"), Regions));
        AssertSame(before, region => clean[region]);
        using var kernel = new RealKernel();
        var status = await kernel.RunAsync($"""
            set -e
            dmsetup create m --table "0 {Sectors} mirror disk 2 $1 {Region} {Legs} $2 0 $3 0 $4 0 1 handle_errors"
            until dmsetup status m | grep -q ' {Regions}/{Regions} '; do :; done
            dmsetup status m
            dmsetup remove m
            """, [$"{log}.copy", .. legs.Select(leg => $"{leg}.copy")]);
        Assert.Equal(MirrorStatusWords.Of(Legs, Regions, Regions), MirrorStatusWords.Of(status.Trim()));
        var after = Read(legs);
        AssertSame(after, _ => true);
        Assert.Equal(before[0], after[0]);
        for (var sector = 0; sector < Half; sector += 40)
            Assert.Equal(blob[(sector * Sector)..((sector + 4) * Sector)], after[0][(sector * Sector)..((sector + 4) * Sector)]);
        Assert.Equal(LogBytes.Written(await File.ReadAllBytesAsync($"{log}.copy"), [.. Enumerable.Repeat(true, Regions)]),
            await File.ReadAllBytesAsync($"{log}.copy"));
        var dirty = clean.Count(bit => !bit);
        Assert.InRange(dirty, Half / 40, Regions - 1);
        var differ = Regions - SameRegions(before).Count();
        Assert.InRange(differ, 1, dirty);
        output.WriteLine($"{dirty} of {Regions} regions were not clean; legs differed in {differ} of them");
    }

    // The kernel does not know the label in our log, and its source is always the first leg.
    [SkippableFact]
    public async Task take_its_first_leg_as_the_source_so_that_ours_must_come_first()
    {
        RealKernel.Require();
        var contents = Enumerable.Range(0, 2).Select(i => File.ReadAllBytes(Folder.RandomFile($"leg{i}", Sectors * Sector, seed: i + 1))).ToArray();
        var log = Folder.EmptyFile("log", 8192);
        await using (var mirror = await OpenAsync([BlockDevice.Open(Folder["leg0"]), BlockDevice.Open(Folder["leg1"])],
            new() { Log = BlockDevice.Open(log), RegionSize = Region * Sector, Source = 1, StartPaused = true }))
        {
            Assert.Equal(MirrorStatusWords.Of(2, 0, Regions), Words(await mirror.GetStatusAsync()));
        }
        foreach (var name in new[] { "log", "leg0", "leg1" })
            File.Copy(Folder[name], Folder[$"{name}.copy"]);
        using var kernel = new RealKernel();
        await kernel.RunAsync($$"""
            set -e
            mirror() {
                dmsetup create m --table "0 {{Sectors}} mirror disk 2 $1 {{Region}} 2 $2 0 $3 0 1 handle_errors"
                until dmsetup status m | grep -q ' {{Regions}}/{{Regions}} '; do :; done
                dmsetup remove m
            }
            mirror $1 $2 $3
            mirror $4 $6 $5
            """, log, Folder["leg0"], Folder["leg1"], Folder["log.copy"], Folder["leg0.copy"], Folder["leg1.copy"]);
        foreach (var leg in new[] { "leg0", "leg1" })
        {
            Assert.Equal(contents[0], await File.ReadAllBytesAsync(Folder[leg]));           // the content of the mirror is lost
            Assert.Equal(contents[1], await File.ReadAllBytesAsync(Folder[$"{leg}.copy"]));
        }
    }

    [SkippableFact]
    public async Task copy_to_a_leg_that_failed_with_us_what_it_lacks()
    {
        RealKernel.Require();
        var (blob, content) = (MakeBlob(), new byte[Sectors * Sector]);
        MemoryBlockDevice[] legs = [.. Enumerable.Range(0, Legs).Select(i => Device($"leg{i}", content))];
        var log = Device("log", new byte[2048]);
        await using (var mirror = await OpenAsync(legs, new() { Log = log, RegionSize = Region * Sector, AssumeInSync = true, LeaveOpen = true }))
        {
            await mirror.FailLegAsync(2);
            for (var sector = 100; sector < Sectors; sector += 1000)
            {
                Assert.True((await mirror.WriteAsync(sector * Sector, blob.AsMemory(sector, 3 * Sector))).IsSuccess);
                blob.AsSpan(sector, 3 * Sector).CopyTo(content.AsSpan(sector * Sector));
            }
        }
        Assert.Equal(Regions - 4, LogBytes.Clean(log.Bytes.ToArray(), Regions).Count(clean => clean));

        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        var places = legs.Append(log).Select(disk.Add).ToArray();
        for (var i = 0; i < Legs; i++)
            mapper.Device($"l{i}", Sectors, $"linear /dev/ubda {places[i]}");
        mapper.Device("g", 4, $"linear /dev/ubda {places[Legs]}");
        mapper.Device("m", Sectors, $"mirror disk 2 @g {Region} {Legs} @l0 0 @l1 0 @l2 0 1 handle_errors");
        mapper.Synced("m", _ => { });
        mapper.Remove("m");
        await mapper.RunAsync(blob, disk.Path);

        MemoryBlockDevice[] theirs = [.. Enumerable.Range(0, Legs).Select(i => disk.Read(places[i], Sectors * Sector, $"leg{i}"))];
        Assert.All(theirs, leg => Assert.Equal(content, leg.Bytes.ToArray()));
        await using var reopened = await OpenAsync(theirs, new() { Log = disk.Read(places[Legs], log.Length, "log"), LogMode = MirrorLogMode.Open });
        await reopened.WhenInSyncAsync();
        var status = await reopened.GetStatusAsync();
        Assert.True(status is { IsWhole: true, RecoveredBytes: 0 }, status.ToString());
    }

    [SkippableFact]
    public async Task refuse_more_legs_than_nine_and_a_region_larger_than_the_mirror()
    {
        RealKernel.Require();
        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        MemoryBlockDevice[] devices = [.. Enumerable.Range(0, 11).Select(i => Device($"leg{i}", new byte[16 * Sector]))];
        for (var i = 0; i < devices.Length; i++)
            mapper.Device($"l{i}", 16, $"linear /dev/ubda {disk.Add(devices[i])}");
        foreach (var (region, legs) in new[] { (8, 10), (32, 2) })
        {
            var table = string.Join(' ', Enumerable.Range(0, legs).Select(i => $"@l{i} 0"));
            mapper.Device("m", 16, $"mirror disk 2 @l10 {region} {legs} {table}", answer => Assert.Equal("error 22", answer));
            await using var ours = await OpenAsync(devices[..legs],
                new() { Log = devices[10], LogMode = MirrorLogMode.Replace, RegionSize = region * Sector, AssumeInSync = true, LeaveOpen = true });
            Assert.Equal(MirrorStatusWords.Of(legs, Math.Max(1, 16 / region), Math.Max(1, 16 / region)), Words(await ours.GetStatusAsync()));
        }
        await mapper.RunAsync(MakeBlob(), disk.Path);
    }

    private static async Task WriteAsync(Mirror mirror, byte[] blob, int writer, int count)
    {
        var random = new Random(writer);
        for (var i = 0; i < count; i++)
        {
            var (sector, sectors) = (Half + writer * 400 + random.Next(190) * 2, random.Next(1, 20));
            var result = await mirror.WriteAsync(sector * Sector, blob.AsMemory(random.Next(1000) * Sector, sectors * Sector));
            Assert.True(result.IsSuccess, result.ToString());
        }
    }

    private static byte[][] Read(string[] legs) => [.. legs.Select(leg => File.ReadAllBytes($"{leg}.copy"))];

    private static void AssertSame(byte[][] legs, Func<int, bool> must) =>
        Assert.Empty(Enumerable.Range(0, Regions).Where(must).Except(SameRegions(legs)));

    private static IEnumerable<int> SameRegions(byte[][] legs) => Enumerable.Range(0, Regions)
        .Where(region => legs.All(leg => Part(leg, region).SequenceEqual(Part(legs[0], region))));

    private static ReadOnlySpan<byte> Part(byte[] leg, int region) => leg.AsSpan(region * Region * Sector, Region * Sector);
}
