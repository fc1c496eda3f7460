using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>The load that a seed applies to a world.</summary>
internal sealed record Workload
{
    public int Requests { get; init; } = 40;

    /// <summary>The maximum number of requests in flight.</summary>
    public int Depth { get; init; } = 4;

    /// <summary>Steps between two requests, on average.</summary>
    public int Pace { get; init; } = 8;

    /// <summary>Sectors of the longest request.</summary>
    public int Longest { get; init; } = 16;

    /// <summary>Snapshots are taken, closed and reopened during the run.</summary>
    public bool ComesAndGoes { get; init; }

    public bool Merges { get; init; }

    public bool Cancels { get; init; }

    public bool Discards { get; init; }

    public static Workload Draw(Random random) => new()
    {
        Requests = random.Next(10, 80),
        Depth = random.Next(1, 12),
        Pace = random.Next(1, 25),
        Longest = random.Next(1, 40),
        ComesAndGoes = random.Next(2) == 0,
        Merges = random.Next(2) == 0,
        Cancels = random.Next(3) == 0,
        Discards = random.Next(3) == 0,
    };

    /// <summary>Runs the load to its end, and then reads everything.</summary>
    public void Play(World world)
    {
        for (var left = Requests; world.Complaints.Count == 0;)
        {
            if (left > 0 && world.Outstanding < Depth && (world.Simulated.IsIdle || world.Random.Next(Pace) == 0))
            {
                left--;
                Act(world);
            }
            else if (!world.Step() && (left == 0 || world.Outstanding >= Depth))
            {
                break;
            }
        }
        world.Settle();
        ReadAll(world);
    }

    public static void ReadAll(World world)
    {
        foreach (var view in world.Snapshots.Append(world.Origin).Where(static view => view.IsUsable))
            world.Submit(view, DeviceOperation.Read, 0, world.Sectors);
        world.Settle();
    }

    private void Act(World world)
    {
        var random = world.Random;
        var usable = world.Snapshots.FindAll(static view => view.IsUsable);
        switch (random.Next(100))
        {
            case < 4 when ComesAndGoes:
                ComeOrGo(world, usable);
                return;
            case < 8 when Merges && usable.Count > 0:
                world.Merge(usable[random.Next(usable.Count)]);
                return;
            case < 12 when Cancels:
                world.CancelMerge();
                return;
        }
        var view = usable.Count > 0 && random.Next(2) == 0 ? usable[random.Next(usable.Count)] : world.Origin;
        var operation = random.Next(20) switch
        {
            < 7 => DeviceOperation.Read,
            < 17 => DeviceOperation.Write,
            17 when Discards && view.Core is not null && !view.Core.IsMerging && !world.IsMerging => DeviceOperation.Discard,
            _ => DeviceOperation.Flush,
        };
        var (sector, sectors) = operation == DeviceOperation.Flush ? (0, 0) : Range(world, view);
        world.Submit(view, operation, sector, sectors);
    }

    // For a snapshot, whole chunks half of the time.
    private (int Sector, int Sectors) Range(World world, View view)
    {
        var random = world.Random;
        var chunk = random.Next(2) == 0 && view.Core is { } core ? core.Geometry.ChunkSize / Sector.Size : 1;
        var sector = random.Next(world.Sectors) / chunk * chunk;
        var sectors = Math.Max(1, random.Next(1, Longest + 1) / chunk) * chunk;
        return (sector, Math.Min(sectors, world.Sectors - sector));
    }

    private static void ComeOrGo(World world, List<View> usable)
    {
        var random = world.Random;
        var closed = world.Snapshots.FindAll(view => view.IsClosed && !world.Snapshots.Exists(other => other.Disk == view.Disk && !other.IsClosed));
        if (random.Next(3) == 0 && closed.Count > 0 && closed[^1] is var again && again.Core!.Options.Store != StoreKind.Transient)
            world.Open(again.Disk, again.Core.Options, again);
        else if (random.Next(2) == 0 && usable.Count > 0)
            world.Close(usable[random.Next(usable.Count)]);
        else if (usable.Count < 4)
            Take(world, random);
    }

    /// <summary>Takes a snapshot with a random chunk size, in a store of random size.</summary>
    public static View? Take(World world, Random random)
    {
        var chunk = Sector.Size << random.Next(4);
        var needed = world.Sectors * Sector.Size / chunk;
        var chunks = random.Next(4) == 0 ? random.Next(2, needed + 2) : needed + needed * Sector.Size / chunk + 20;
        var store = random.Next(8) switch { 0 => StoreKind.Transient, 1 or 2 => StoreKind.PersistentOverflow, _ => StoreKind.Persistent };
        var cow = new byte[chunks * chunk];
        if (random.Next(2) == 0)
            random.NextBytes(cow.AsSpan(chunk));        // earlier content does no harm, except where a header would be
        var disk = world.Log.NewDisk($"cow-{world.Snapshots.Count}", cow, isTransient: store == StoreKind.Transient);
        return world.Open(disk, new SnapshotOptions
        {
            ChunkSize = chunk,
            Store = store,
            DiscardZeroesCow = true,
            WholeChunkShortcut = random.Next(5) > 0,
            MaxPage = random.Next(3) == 0 ? Sector.Size : StoreGeometry.DefaultPage,
        });
    }
}
