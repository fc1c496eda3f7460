using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>Runs scripts on this library, with devices in memory.</summary>
internal sealed class OurSide(ActorSystem system, Script script, byte[] blob, MemoryBlockDevice origin, MemoryBlockDevice[] stores)
{
    private readonly SnapshotOrigin _origin = system.Kcopyd().CreateSnapshotOrigin(origin, leaveOpen: true);
    private readonly Snapshot[] _snapshots = new Snapshot[stores.Length];

    public List<Observation> Seen { get; } = [];

    /// <summary>The index of the first observation after everything is reopened at the end; the other side must see the same in our stores.</summary>
    public int FinalFrom { get; private set; }

    /// <summary>False if the merge at the end was refused because the snapshot is invalid.</summary>
    public bool HasMerged { get; private set; }

    public async Task RunAsync()
    {
        await OpenAsync();
        foreach (var operation in script.Operations)
        {
            await DoAsync(operation);
            await StatusesAsync();
        }
        await ReopenAsync();
        await LookAsync();
        await CloseAsync();
    }

    /// <summary>Opens stores, reads everything and closes them.</summary>
    public async Task LookOnlyAsync()
    {
        await OpenAsync();
        await LookAsync();
        await CloseAsync();
    }

    private async Task LookAsync()
    {
        FinalFrom = Seen.Count;
        await StatusesAsync();
        for (var i = -1; i < stores.Length; i++)
            Seen.Add(await ReadAsync($"whole {i}", Target(i), 0, script.OriginSectors));
    }

    private async Task DoAsync(Operation operation)
    {
        var (what, device) = (operation.ToString(), Target(operation.Target));
        switch (operation.Step)
        {
            case Step.Write:
                Seen.Add(new(what, await WriteAsync(device, operation)));
                break;
            case Step.Read:
                Seen.Add(await ReadAsync(what, device, operation.Sector, operation.Count));
                break;
            case Step.Discard:
                Seen.Add(new(what, Text(await device.DiscardAsync(operation.Sector * 512L, operation.Count * 512L))));
                break;
            case Step.Reopen:
                await ReopenAsync();
                break;
            case Step.Merge:
                await ReopenAsync();
                await MergeAsync(operation.Target);
                break;
        }
    }

    private async Task MergeAsync(int target)
    {
        try
        {
            var result = await _snapshots[target].MergeAsync();
            HasMerged = true;
            Seen.Add(new("merge", result.IsComplete ? "ok" : result.ToString()));
            Seen.Add(new("merged status", (await _snapshots[target].GetStatusAsync()).ToString()));
        }
        catch (InvalidOperationException) when (!HasMerged)
        {
        }
    }

    private async Task OpenAsync()
    {
        for (var i = 0; i < stores.Length; i++)
        {
            var spec = script.Stores[i];
            _snapshots[i] = await _origin.OpenSnapshotAsync(stores[i], new()
            {
                ChunkSize = spec.ChunkSectors * 512, LeaveOpen = true, DiscardZeroesCow = spec.Discards,
                Store = spec.Overflow ? StoreKind.PersistentOverflow : StoreKind.Persistent,
            });
        }
    }

    private async Task ReopenAsync()
    {
        foreach (var snapshot in _snapshots)
            await snapshot.DisposeAsync();
        await OpenAsync();
    }

    private async Task CloseAsync()
    {
        foreach (var snapshot in _snapshots)
            await snapshot.DisposeAsync();
        await _origin.DisposeAsync();
    }

    private async Task StatusesAsync()
    {
        for (var i = 0; i < stores.Length; i++)
        {
            var words = (await _snapshots[i].GetStatusAsync()).ToString();
            Seen.Add(new($"status {i}", words.Replace("snapshot-merge", "snapshot", StringComparison.Ordinal)));
        }
    }

    private IBlockDevice Target(int target) => target < 0 ? _origin : _snapshots[target];

    private async Task<string> WriteAsync(IBlockDevice device, Operation operation)
    {
        var bytes = blob.AsMemory(operation.At, operation.Count * 512);
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.WriteAsync(operation.Sector * 512L + done, bytes[done..]);
            if (!result.IsSuccess)
                return Text(result);
            done += (int)result.Bytes;
        }
        return "ok";
    }

    private static async Task<Observation> ReadAsync(string what, IBlockDevice device, int sector, int count)
    {
        var bytes = new byte[count * 512];
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.ReadAsync(sector * 512L + done, bytes.AsMemory(done));
            if (!result.IsSuccess)
                return new(what, Text(result));
            done += (int)result.Bytes;
        }
        return new(what, "ok", bytes);
    }

    private static string Text(IoResult result) => result.IsSuccess ? "ok" : $"error {(int)result.Error}";
}
