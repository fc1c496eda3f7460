using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>Cuts the power of a finished run at every time and with many outcomes, and judges what is left.</summary>
internal sealed class CutJudge(World world)
{
    private readonly View[] _snapshots = [.. world.Snapshots.Where(static view => view.Core!.Options.Store != StoreKind.Transient)];
    private readonly LoggedDisk _origin = world.Log.Logged(world.Origin.Disk);

    public int Points { get; private set; }

    public List<string> Violations { get; } = [];

    /// <summary>Receives each cut.</summary>
    public Action<PowerCut>? Cut { get; init; }

    public void Run(PowerCutOptions options)
    {
        foreach (var cut in PowerCuts.Enumerate(world.Log.Writes, options))
        {
            Points++;
            Judge(cut);
            Cut?.Invoke(cut);
            if (Violations.Count == 0)
                continue;
            Violations.Insert(0, cut.ToString());
            return;
        }
    }

    private void Judge(PowerCut cut)
    {
        if (world.Origin.MergedSince > cut.Time)
            JudgeOrigin(cut);
        foreach (var view in _snapshots)
        {
            try
            {
                JudgeStore(view, cut);
            }
            catch (SnapshotStoreException refusal)
            {
                Violations.Add($"{refusal.Message}");
            }
        }
    }

    private void JudgeOrigin(PowerCut cut)
    {
        var content = cut.Bytes(_origin);
        var history = world.OriginBefore;
        for (var sector = 0; sector < world.Sectors; sector++)
        {
            if (World.WriterAt(content, sector) is var writer && !history.Survives(sector, writer, cut.Time))
                Violations.Add($"sector {sector} of the origin shows {writer}, not one of {history.Tell(sector)}");
        }
    }

    private void JudgeStore(View view, PowerCut cut)
    {
        var origin = cut.Bytes(_origin);
        var cow = cut.Bytes(world.Log.Logged(view.Disk));
        var image = Store.Load(cow, origin.Length);
        if (image is null)
        {
            if (view.Created <= cut.Time)
                Violations.Add($"the store of {view.Name} does not exist anymore");
            return;
        }
        if (!image.IsValid)
        {
            if (view.InvalidSince > cut.Time)
                Violations.Add($"{view.Name} is invalid, and was valid");
            return;
        }
        if (view.Created > cut.Time)
        {
            if (image.Table.Count > 0)
                Violations.Add($"{view.Name} has exceptions before it was made");
            return;
        }
        if (view.History is not { } history || view.Attachment > cut.Time)
            return;
        if (!world.HasMerged && image.Head.Label is not { IsUnclean: true })
            Violations.Add($"{view.Name} is not marked, and a writer of its origin has it open");
        for (var sector = 0; sector < world.Sectors; sector++)
        {
            if (Store.WriterAt(image, origin, cow, sector) is var writer && !history.Survives(sector, writer, cut.Time))
                Violations.Add($"sector {sector} of {view.Name} shows {writer}, not one of {history.Tell(sector)}");
        }
    }
}
