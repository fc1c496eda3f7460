using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>One script with its devices: this library runs it immediately, the kernel later, and then the two sides are compared.</summary>
internal sealed class Play
{
    private readonly byte[] _blob;
    private readonly MemoryBlockDevice _origin;
    private readonly MemoryBlockDevice[] _stores;
    private (int Origin, int[] Stores) _at;
    private OurSide _ours = null!;
    private KernelSide _kernels = null!, _kernelsOfOurs = null!;

    public Play(Script script, byte[] blob)
    {
        (Script, _blob) = (script, blob);
        _origin = BlockDevice.Memory(script.OriginSectors * 512L, name: "origin");
        blob.AsSpan(script.OriginAt, (int)_origin.Length).CopyTo(_origin.Bytes);
        _stores = [.. script.Stores.Select((spec, i) => BlockDevice.Memory(spec.Sectors * 512L, name: $"store {i}"))];
        for (var i = 0; i < _stores.Length; i++)
        {
            // The previous content of a store does not matter, except in the header's chunk.
            var chunk = script.Stores[i].ChunkSectors * 512;
            if (script.Stores[i].JunkAt >= 0)
                blob.AsSpan(script.Stores[i].JunkAt, (int)_stores[i].Length - chunk).CopyTo(_stores[i].Bytes[chunk..]);
        }
    }

    public Script Script { get; }

    public IReadOnlyList<Observation> Seen => _ours.Seen;

    public long Bytes => Devices.Sum(device => device.Length);

    private IEnumerable<MemoryBlockDevice> Devices => [_origin, .. _stores];

    /// <summary>Runs all scripts on both sides, in one boot of the kernel.</summary>
    /// <returns>The scripts in which the sides differ, with the differences.</returns>
    public static async Task<List<string>> RunAsync(IEnumerable<Play> plays, byte[] blob, ActorSystem system, TempFolder folder, KernelMapper mapper)
    {
        var (kernels, ours) = (new DiskImage(folder["kernels"]), new DiskImage(folder["ours"]));
        foreach (var play in plays)
        {
            play.AddTo(kernels);
            await play.RunAsync(system);
            play.AddTo(ours);       // at the same position
            play.Prepare(mapper);
        }
        await mapper.RunAsync(blob, kernels.Path, ours.Path);
        List<string> failures = [];
        foreach (var play in plays)
        {
            var differences = (await play.CompareAsync(system, kernels)).ToArray();
            if (differences.Length > 0)
                failures.Add($"{play.Script}\n{string.Join('\n', differences.Take(8))}");
        }
        return failures;
    }

    /// <summary>Appends the devices to a disk.</summary>
    private void AddTo(DiskImage disk)
    {
        var places = Devices.Select(disk.Add).ToArray();
        _at = (places[0], places[1..]);
    }

    private async Task RunAsync(ActorSystem system)
    {
        _ours = new OurSide(system, Script, _blob, _origin, _stores);
        await _ours.RunAsync();
    }

    private void Prepare(KernelMapper mapper)
    {
        _kernels = new KernelSide(mapper, Script, "/dev/ubda", _at);
        _kernels.Run(_ours.HasMerged);
        _kernelsOfOurs = new KernelSide(mapper, Script, "/dev/ubdb", _at);
        _kernelsOfOurs.LookOnly();
    }

    private async Task<IEnumerable<string>> CompareAsync(ActorSystem system, DiskImage disk)
    {
        MemoryBlockDevice[] theirs = [.. Devices.Zip([_at.Origin, .. _at.Stores], (device, place) => disk.Read(place, device.Length, device.Name))];
        List<string> bytes = [.. Compare(_origin, _origin.Bytes.ToArray(), theirs[0].Bytes.ToArray())];
        foreach (var (mine, other) in _stores.Zip(theirs[1..]))
        {
            var (ours, kernels) = StoreBytes.ThatCount(mine.Bytes, other.Bytes);
            bytes.AddRange(Compare(mine, ours, kernels));
        }
        var oursOfTheirs = new OurSide(system, Script, _blob, theirs[0], theirs[1..]);
        await oursOfTheirs.LookOnlyAsync();
        var final = _ours.Seen[_ours.FinalFrom..];
        return Observation.Differences("ours", _ours.Seen, "kernel", _kernels.Seen)
            .Concat(bytes)
            .Concat(Observation.Differences("ours", final, "kernel in our store", _kernelsOfOurs.Seen))
            .Concat(Observation.Differences("ours in the kernel's store", oursOfTheirs.Seen, "ours", final));
    }

    private static IEnumerable<string> Compare(MemoryBlockDevice device, byte[] ours, byte[] theirs) =>
        Observation.Differences("ours", [new(device.Name, "ok", ours)], "kernel", [new(device.Name, "ok", theirs)]);
}
