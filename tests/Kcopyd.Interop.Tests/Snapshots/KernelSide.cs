using Kcopyd.Interop.Tests.Support;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>Translates a script for the real kernel: the same steps as <see cref="OurSide"/>, with the same observations.</summary>
/// <param name="mapper">Receives the commands.</param>
/// <param name="script">The script.</param>
/// <param name="disk">The guest's disk with the script's devices.</param>
/// <param name="at">The positions of the origin and the stores on the disk, in sectors.</param>
internal sealed class KernelSide(KernelMapper mapper, Script script, string disk, (int Origin, int[] Stores) at)
{
    public List<Observation> Seen { get; } = [];

    /// <summary>Adds the whole script to the kernel's commands.</summary>
    /// <param name="merges">False if this library refused to merge: the kernel then reopens its devices, as <see cref="OurSide"/> does, and nothing
    /// more.</param>
    public void Run(bool merges)
    {
        Attach();
        Open();
        foreach (var operation in script.Operations)
        {
            if (operation.Step == Step.Merge && !merges)
                Reopen();
            else
                Do(operation);
            Statuses();
        }
        Reopen();
        Look();
        Close();
        Detach();
    }

    public void LookOnly()
    {
        Attach();
        Open();
        Look();
        Close();
        Detach();
    }

    private void Do(Operation operation)
    {
        var (what, name) = (operation.ToString(), Name(operation.Target));
        switch (operation.Step)
        {
            case Step.Write:
                mapper.Write(name, operation.Sector, operation.Count, operation.At, result => Seen.Add(new(what, result)));
                break;
            case Step.Read:
                Read(what, name, operation.Sector, operation.Count);
                break;
            case Step.Discard:
                mapper.Discard(name, operation.Sector, operation.Count, result => Seen.Add(new(what, result)));
                break;
            case Step.Reopen:
                Reopen();
                break;
            case Step.Merge:
                Merge(operation.Target);
                break;
        }
    }

    // The other snapshots stay in use; the merging device replaces its snapshot and the origin.
    private void Merge(int target)
    {
        Reopen();
        mapper.Remove("origin");
        mapper.Remove(Name(target));
        Snapshot("merging", "snapshot-merge", target, result => Seen.Add(new("merge", result)));
        mapper.Merged("merging", result => Seen.Add(new("merged status", result)));
        mapper.Remove("merging");
        Snapshot(Name(target), "snapshot", target);
        mapper.Device("origin", script.OriginSectors, "snapshot-origin @o");
    }

    private void Look()
    {
        Statuses();
        for (var i = -1; i < at.Stores.Length; i++)
            Read($"whole {i}", Name(i), 0, script.OriginSectors);
    }

    private void Statuses()
    {
        for (var i = 0; i < at.Stores.Length; i++)
        {
            var what = $"status {i}";
            mapper.Status(Name(i), result => Seen.Add(new(what, result)));
        }
    }

    private void Read(string what, string name, int sector, int count) =>
        mapper.Read(name, sector, count, (result, bytes) => Seen.Add(new(what, result, bytes)));

    private void Attach()
    {
        mapper.Device("o", script.OriginSectors, $"linear {disk} {at.Origin}");
        for (var i = 0; i < at.Stores.Length; i++)
            mapper.Device($"c{i}", script.Stores[i].Sectors, $"linear {disk} {at.Stores[i]}");
    }

    // The origin is created last, because it checks its snapshots' chunk sizes when it is created.
    private void Open()
    {
        for (var i = 0; i < at.Stores.Length; i++)
            Snapshot(Name(i), "snapshot", i);
        mapper.Device("origin", script.OriginSectors, "snapshot-origin @o");
    }

    private void Snapshot(string name, string target, int store, Action<string>? answer = null)
    {
        var spec = script.Stores[store];
        var features = spec.Discards && target == "snapshot" ? " 1 discard_zeroes_cow" : "";
        mapper.Device(name, script.OriginSectors, $"{target} @o @c{store} {spec.Type} {spec.ChunkSectors}{features}", answer);
    }

    private void Reopen()
    {
        Close();
        Open();
    }

    private void Close()
    {
        mapper.Remove("origin");
        for (var i = 0; i < at.Stores.Length; i++)
            mapper.Remove(Name(i));
    }

    private void Detach()
    {
        for (var i = 0; i < at.Stores.Length; i++)
            mapper.Remove($"c{i}");
        mapper.Remove("o");
    }

    private static string Name(int target) => target < 0 ? "origin" : $"s{target}";
}
