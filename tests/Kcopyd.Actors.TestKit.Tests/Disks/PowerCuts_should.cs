using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

public sealed class PowerCuts_should
{
    [Fact]
    public void repeat_every_cut_from_its_id()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var run = new RandomLog(seed, disks: 2, steps: 14);
            foreach (var isOrdered in new[] { false, true })
            {
                var options = new PowerCutOptions
                {
                    AtomicUnit = RandomLog.Unit, ExhaustiveLimit = 3, Samples = 9, TearsSectors = true, Seed = seed, IsOrdered = isOrdered,
                };
                foreach (var cut in PowerCuts.Enumerate(run.Log, options))
                {
                    var again = PowerCuts.Single(run.Log, cut.Id, options);
                    Assert.Equal(cut.Time, again.Time);
                    Assert.Equal(cut.ToString(), again.ToString());
                    foreach (var disk in run.Log.Disks)
                        Assert.True(cut.Bytes(disk).SequenceEqual(again.Bytes(disk)), $"seed {seed}: {cut}");
                }
            }
        }
    }

    [Fact]
    public void choose_other_samples_for_another_seed()
    {
        var (log, disk) = Pending(4);
        Assert.NotEqual(States(log, disk, new() { Seed = 1 }), States(log, disk, new() { Seed = 2 }));
        Assert.Equal(States(log, disk, new() { Seed = 1 }), States(log, disk, new() { Seed = 1 }));
    }

    [Fact]
    public void cut_the_power_only_in_the_given_times()
    {
        var (log, _) = Pending(4);
        var times = PowerCuts.Enumerate(log, new() { From = 3, To = 5 }).Select(static cut => cut.Time).Distinct();
        Assert.Equal([3, 4, 5], times);
    }

    [Fact]
    public void sample_nothing_everything_single_writes_and_torn_writes()
    {
        var (log, disk) = Pending(4);
        var states = States(log, disk, new() { Samples = 200, From = log.Now });
        Assert.Contains("00000000 00000000 00000000 00000000", states);
        Assert.Contains("11111111 22222222 33333333 44444444", states);
        Assert.Contains("00000000 22222222 00000000 00000000", states);     // one alone
        Assert.Contains("11111111 22222222 00000000 44444444", states);     // all but one
        Assert.Contains(states, static state => state.StartsWith("11111111 2", StringComparison.Ordinal)
            && state.EndsWith("0 00000000 00000000", StringComparison.Ordinal));                // a beginning
    }

    [Fact]
    public void tear_sectors_only_if_the_disk_does()
    {
        var log = new WriteLog();
        var disk = log.AddDisk("disk", 512);
        log.Issue(disk, DiskIoKind.Write, 0, Filled(512, 7));
        Assert.DoesNotContain(PowerCuts.Enumerate(log), cut => IsTorn(cut, disk));
        Assert.Contains(PowerCuts.Enumerate(log, new() { TearsSectors = true }), cut => IsTorn(cut, disk));
        Assert.Contains(PowerCuts.Enumerate(log, new() { AtomicUnit = 64, ExhaustiveLimit = 8 }), cut => IsTorn(cut, disk));

        static bool IsTorn(PowerCut cut, LoggedDisk disk) => cut.Bytes(disk).ContainsAnyExcept((byte)0) && cut.Bytes(disk).ContainsAnyExcept((byte)7);
    }

    [Fact]
    public void describe_what_was_lost_torn_and_replaced()
    {
        var log = new WriteLog();
        var disk = log.AddDisk("data", 4096);
        log.Complete(log.Issue(disk, DiskIoKind.Write, 0, Filled(512, 1)));
        log.Complete(log.Issue(disk, DiskIoKind.Write, 0, Filled(1024, 2)));
        log.Issue(disk, DiskIoKind.Write, 2048, Filled(512, 3));
        var stories = PowerCuts.Enumerate(log, new() { From = log.Now }).Select(static cut => cut.Description).ToList();
        Assert.Contains(
            """
              replaced     #1 data: write 0+512, issued at 1, completed at 2, not durable
              torn         #2 data: write 0+1024, issued at 3, completed at 4, not durable; 1 of 2 sectors in doubt are there, those at 0
              lost         #3 data: write 2048+512, issued at 5, in flight
            """, stories);
        Assert.Equal("  every write was durable", PowerCuts.Enumerate(log).First().Description);
    }

    [Fact]
    public void open_disks_that_can_be_written_and_that_outlive_the_cut()
    {
        var (log, disk) = Pending(1);
        var opened = PowerCuts.Enumerate(log).Select(cut => cut.Open(disk)).ToList();
        opened[0].Bytes.Fill(9);
        Assert.False(opened[1].Bytes.Contains((byte)9));
        Assert.Contains(opened, static device => device.Bytes[0] == 1);
    }

    [Fact]
    public void refuse_a_cut_whose_time_has_passed()
    {
        var (log, disk) = Pending(1);
        var first = PowerCuts.Enumerate(log).ToList()[0];
        Assert.Contains("PowerCuts.Single", Assert.Throws<InvalidOperationException>(() => first.Open(disk)).Message);
    }

    [Fact]
    public void refuse_bad_options_ids_and_disks()
    {
        var (log, disk) = Pending(1);
        var other = new WriteLog().AddDisk("other", 512);
        Assert.Throws<ArgumentOutOfRangeException>("Samples", () => PowerCuts.Enumerate(log, new() { Samples = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>("ExhaustiveLimit", () => PowerCuts.Enumerate(log, new() { ExhaustiveLimit = 17 }));
        Assert.Throws<ArgumentOutOfRangeException>("AtomicUnit", () => PowerCuts.Enumerate(log, new() { AtomicUnit = 100 }));
        Assert.Throws<ArgumentOutOfRangeException>("To", () => PowerCuts.Enumerate(log, new() { From = 2, To = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>("id", () => PowerCuts.Single(log, (log.Now + 1) * 1_000_000));
        Assert.Throws<ArgumentOutOfRangeException>("id", () => PowerCuts.Single(log, 1));
        Assert.Throws<ArgumentException>("disk", () => PowerCuts.Single(log, 0).Open(other));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => PowerCuts.Single(log, 0).Read(disk, disk.Length, new byte[1]));
    }

    [Fact]
    public void read_a_disk_that_is_larger_than_the_memory()
    {
        const long Length = 1L << 42;
        var log = new WriteLog();
        var disk = log.AddDisk("huge", Length);
        log.Complete(log.Issue(disk, DiskIoKind.Write, Length - 512, Filled(512, 5)));
        var last = new byte[1024];
        var found = new HashSet<byte>();
        foreach (var cut in PowerCuts.Enumerate(log, new() { From = log.Now }))
        {
            cut.Read(disk, Length - 1024, last);
            Assert.Equal(0, last[511]);
            found.Add(last[512]);
            Assert.Throws<InvalidOperationException>(() => cut.Bytes(disk));
            Assert.Throws<InvalidOperationException>(() => cut.Open(disk));
        }
        Assert.Equal(new byte[] { 0, 5 }, found.Order());
    }

    // Writes of eight sectors, each with its number, completed and never flushed.
    private static (WriteLog Log, LoggedDisk Disk) Pending(int writes)
    {
        var log = new WriteLog();
        var disk = log.AddDisk("disk", writes * 4096);
        for (var i = 0; i < writes; i++)
            log.Complete(log.Issue(disk, DiskIoKind.Write, i * 4096, Filled(4096, (byte)(i + 1))));
        return (log, disk);
    }

    private static List<string> States(WriteLog log, LoggedDisk disk, PowerCutOptions options)
    {
        var states = new List<string>();
        foreach (var cut in PowerCuts.Enumerate(log, options))
        {
            var bytes = cut.Bytes(disk);
            var state = "";
            for (var at = 0; at < bytes.Length; at += 512)
                state += (at > 0 && at % 4096 == 0 ? " " : "") + bytes[at];
            states.Add(state);
        }
        return states;
    }

    private static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }
}
