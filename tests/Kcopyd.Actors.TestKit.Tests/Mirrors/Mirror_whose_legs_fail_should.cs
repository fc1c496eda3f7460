using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.TestKit.Checking;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>Random clients of a mirror whose legs fail, stall, come back and are replaced, and whose power fails. A failure names its seed.</summary>
public sealed class Mirror_whose_legs_fail_should
{
    private const int Region = 4096;
    private const int Length = 24 * Region - 1024;
    private const int Lives = 3;

    [Fact]
    public void show_what_was_acknowledged_and_never_anything_else()
    {
        int cuts = 0, failures = 0;
        var seeds = Simulation.RunMany(1, 40, async world =>
        {
            var run = new Run(world);
            await run.PlayAsync();
            (cuts, failures) = (cuts + run.Cuts, failures + run.Failures);
        }).Count;
        Assert.True(cuts > seeds / 2 && failures > seeds, $"only {cuts} power cuts and {failures} failed legs in {seeds} runs");
    }

    // The leg that has one of the two writes fails because of the other one.
    [Fact]
    public void not_acknowledge_a_write_that_only_a_failed_leg_has() => Simulation.RunMany(1, 100, static async world =>
    {
        var host = world.AddNode("host");
        var legs = Enumerable.Range(0, 2).Select(i => world.AddDisk($"disk {i}", Length)).ToList();
        var mirror = await host.System.Kcopyd().OpenMirrorAsync([.. legs], new MirrorOptions { AssumeInSync = true, RegionSize = Region, LeaveOpen = true });
        legs[0].Faults = DiskFaults.None with { BadWrites = [new ByteRange(0, 512)] };
        legs[1].Faults = DiskFaults.None with { BadWrites = [new ByteRange(2 * Region, 512)] };
        var results = await Task.WhenAll(new[] { 0, 2 * Region }.Select(async offset =>
            (offset, (await mirror.WriteAsync(offset, Enumerable.Repeat((byte)7, 512).ToArray())).IsSuccess)));
        foreach (var (offset, isAcknowledged) in results)
        {
            var found = new byte[512];
            var read = await mirror.ReadAsync(offset, found);
            Assert.True(!isAcknowledged || (read.IsSuccess && found.All(static value => value == 7)), $"the write at {offset} was acknowledged and is lost");
        }
    });

    private sealed class Run
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly Node _host;
        private readonly List<SimulatedDisk> _legs = [];
        private readonly SimulatedDisk _log;
        private readonly BlockDeviceModel _model = new(Length / 512);
        private readonly HashSet<SimulatedDisk> _broken = [];
        private int _disks;

        public Run(World world)
        {
            _world = world;
            _random = world.RandomFor("trouble");
            _host = world.AddNode("host");
            _log = world.AddDisk("log", 4096);
            _host.AddDisk(_log);
            for (var i = _random.Next(2, 5); i > 0; i--)
                _legs.Add(NewDisk());
        }

        public int Cuts { get; private set; }

        public int Failures { get; private set; }

        public async Task PlayAsync()
        {
            for (var life = 0; life < Lives; life++)
            {
                var mirror = await OpenAsync(life == 0);
                await LiveAsync(mirror, isLast: life == Lives - 1);
            }
        }

        private Task<Mirror> OpenAsync(bool isNew) => _host.System.Kcopyd().OpenMirrorAsync([.. _legs], new MirrorOptions
        {
            Log = _log,
            RegionSize = isNew ? Region : null,
            AssumeInSync = isNew,
            RecoverByComparing = _random.Next(2) == 0,
            LeaveOpen = true,
        });

        private SimulatedDisk NewDisk()
        {
            var disk = _world.AddDisk($"disk {_disks}", Length + (_disks++ == 0 ? 0 : _random.Next(3) * 512));
            _host.AddDisk(disk);
            return disk;
        }

        private async Task LiveAsync(Mirror mirror, bool isLast)
        {
            var isOver = false;
            var clients = Enumerable.Range(0, 3).Select(i => new MirrorClient($"client {i}", _world, _model, mirror)).ToList();
            var work = Task.WhenAll(clients.Select(client => client.RunAsync(() => isOver)));
            // What the source shows after a power cut must reach the others before the source may fail.
            await mirror.WhenInSyncAsync();
            for (var i = _random.Next(2, 7); i > 0; i--)
            {
                await _world.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(2500)));
                await TroubleAsync(mirror);
            }
            await _world.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(1500)));
            if (!isLast && _random.Next(3) > 0)
            {
                Cuts++;
                clients.ForEach(static client => client.MayFail = true);
                isOver = true;
                _host.CutPower();
                _model.PowerCut(_world.Now);
                Heal();
                new LogOnDisk(_log.Content.Span, _legs.Count, Region).AssertIsTrue(Length, leg => _legs[leg].Content);
                _host.Start();
                return;
            }
            isOver = true;
            Heal();
            await work;
            await ReturnAllAsync(mirror);
            await mirror.WhenInSyncAsync();
            await clients[0].ReadAsync(0, Length / 512);
            await mirror.DisposeAsync();
            foreach (var leg in _legs)
                Assert.True(leg.Content.Span[..Length].SequenceEqual(_legs[0].Content.Span[..Length]), $"{leg.Name} differs");
            new LogOnDisk(_log.Content.Span, _legs.Count, Region).AssertIsTrue(Length, leg => _legs[leg].Content);
        }

        private async Task TroubleAsync(Mirror mirror)
        {
            var status = await mirror.GetStatusAsync();
            var inSync = status.Legs.Count(static leg => leg.State == MirrorLegState.InSync);
            var index = _random.Next(_legs.Count);
            var leg = _legs[index];
            switch (_random.Next(9))
            {
                case < 2 when _broken.Count == 0 && inSync > 1 && status.InSyncRegions == status.Regions:
                    Failures++;
                    _broken.Add(leg);
                    leg.Faults = DiskFaults.None with { BadReads = Everything(leg), BadWrites = Everything(leg), FlushErrorRate = 1 };
                    break;
                case 2 when _broken.Count == 0 && inSync > 1 && status.InSyncRegions == status.Regions:
                    Failures++;
                    _broken.Add(leg);
                    leg.Faults = DiskFaults.None with { FlushErrorRate = 0.3, BadReads = [new ByteRange(_random.Next(Length / 512) * 512, 2048)] };
                    break;
                case 3:
                    leg.Faults = leg.Faults with { StallRate = 0.2 };
                    await _world.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(1500)));
                    leg.Release();
                    break;
                case 4 or 5:
                    Heal();
                    await ReturnAllAsync(mirror);
                    break;
                case 6 when status.Legs[index].State != MirrorLegState.InSync || inSync > 1:
                    var disk = NewDisk();
                    await mirror.ReplaceLegAsync(index, disk);
                    _broken.Remove(leg);
                    _legs[index] = disk;
                    break;
                case 7:
                    mirror.PauseRecovery();
                    await _world.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(1500)));
                    mirror.ResumeRecovery();
                    break;
            }
        }

        private static ByteRange[] Everything(SimulatedDisk disk) => [new ByteRange(0, disk.Length)];

        private void Heal()
        {
            foreach (var leg in _broken)
                leg.Faults = DiskFaults.None;
            _broken.Clear();
            _legs.ForEach(static leg => leg.Release());
        }

        private static async Task ReturnAllAsync(Mirror mirror)
        {
            var legs = (await mirror.GetStatusAsync()).Legs;
            for (var i = 0; i < legs.Count; i++)
            {
                if (legs[i].State == MirrorLegState.Failed)
                    await mirror.ReturnLegAsync(i);
            }
        }
    }
}
