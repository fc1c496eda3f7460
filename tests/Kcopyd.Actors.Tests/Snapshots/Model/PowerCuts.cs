using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>Cuts the power of a finished run at every time and with many outcomes, and judges what is left.</summary>
internal sealed class PowerCuts(World world, Random random)
{
    private const int Exhaustive = 6;       // up to this number of uncertain sectors of a disk, every subset is tried

    private readonly View[] _snapshots = [.. world.Snapshots.Where(static view => view.Core!.Options.Store != StoreKind.Transient)];
    private readonly byte[] _origin = new byte[world.Origin.Disk.Content.Length];

    public int Points { get; private set; }

    public List<string> Violations { get; } = [];

    /// <summary>Receives each crash: the time, the origin and the stores. It must copy what it keeps.</summary>
    public Action<int, byte[], byte[][]>? Crashed { get; init; }

    public void Run(int samples)
    {
        var origin = new Crash(world.Log.WritesOf(world.Origin.Disk));
        var stores = _snapshots.Select(view => new Crash(world.Log.WritesOf(view.Disk))).ToArray();
        var images = _snapshots.Select(static view => new byte[view.Disk.Content.Length]).ToArray();
        for (var time = 0; time <= world.Log.Now && Violations.Count == 0; time++)
        {
            origin.To(time);
            foreach (var store in stores)
                store.To(time);
            var count = Outcomes(origin, stores, samples);
            for (var outcome = 0; outcome < count && Violations.Count == 0; outcome++)
            {
                origin.Build(_origin, Choice(origin, outcome, count));
                for (var i = 0; i < stores.Length; i++)
                    stores[i].Build(images[i], Choice(stores[i], outcome, count));
                Points++;
                Judge(time, images);
                Crashed?.Invoke(time, _origin, images);
            }
        }
    }

    private static int Outcomes(Crash origin, Crash[] stores, int samples)
    {
        var most = Math.Max(origin.Uncertain.Count, stores.Length == 0 ? 0 : stores.Max(static store => store.Uncertain.Count));
        return most <= Exhaustive ? 1 << most : samples;
    }

    // Every subset if there are few; otherwise none, all, one write alone, all but one, and torn writes.
    private Func<int, bool> Choice(Crash crash, int outcome, int count)
    {
        if (count <= 1 << crash.Uncertain.Count && crash.Uncertain.Count <= Exhaustive)
            return i => (outcome >> i & 1) != 0;
        if (crash.Uncertain.Count <= Exhaustive)
        {
            var subset = random.Next(1 << crash.Uncertain.Count);
            return i => (subset >> i & 1) != 0;
        }
        var (kind, share) = (outcome < 2 ? outcome : random.Next(2, 6), random.NextDouble());
        var one = crash.AnyOf(random);
        return kind switch
        {
            0 => static _ => false,
            1 => static _ => true,
            2 => i => crash.Uncertain[i].Write == one,
            3 => i => crash.Uncertain[i].Write != one,
            4 => i => crash.Uncertain[i].Write != one || random.Next(2) == 0,
            _ => _ => random.NextDouble() < share,
        };
    }

    private void Judge(int time, byte[][] images)
    {
        if (world.Origin.MergedSince > time)
            JudgeOrigin(time);
        for (var i = 0; i < _snapshots.Length; i++)
        {
            try
            {
                JudgeStore(_snapshots[i], images[i], time);
            }
            catch (SnapshotStoreException refusal)
            {
                Violations.Add($"power cut at {time}: {refusal.Message}");
            }
        }
    }

    private void JudgeOrigin(int time)
    {
        var history = world.OriginBefore;
        for (var sector = 0; sector < world.Sectors; sector++)
        {
            if (World.WriterAt(_origin, sector) is var writer && !history.Survives(sector, writer, time))
                Violations.Add($"power cut at {time}: sector {sector} of the origin shows {writer}, not one of {history.Tell(sector)}");
        }
    }

    private void JudgeStore(View view, byte[] cow, int time)
    {
        var image = Store.Load(cow, _origin.Length);
        if (image is null)
        {
            if (view.Created <= time)
                Violations.Add($"power cut at {time}: the store of {view.Name} does not exist anymore");
            return;
        }
        if (!image.IsValid)
        {
            if (view.InvalidSince > time)
                Violations.Add($"power cut at {time}: {view.Name} is invalid, and was valid");
            return;
        }
        if (view.Created > time)
        {
            if (image.Table.Count > 0)
                Violations.Add($"power cut at {time}: {view.Name} has exceptions before it was made");
            return;
        }
        if (view.History is not { } history || view.Attachment > time)
            return;
        if (!world.HasMerged && image.Head.Label is not { IsUnclean: true })
            Violations.Add($"power cut at {time}: {view.Name} is not marked, and a writer of its origin has it open");
        for (var sector = 0; sector < world.Sectors; sector++)
        {
            if (Store.WriterAt(image, _origin, cow, sector) is var writer && !history.Survives(sector, writer, time))
                Violations.Add($"power cut at {time}: sector {sector} of {view.Name} shows {writer}, not one of {history.Tell(sector)}");
        }
    }
}
