using Kcopyd.Interop.Tests.Support;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Translates a step for the real kernel. Scripts that end with a crash must come last in a boot, which they end together.</summary>
/// <param name="mapper">Receives the commands.</param>
/// <param name="files">The script's files.</param>
/// <param name="step">The step.</param>
/// <param name="shape">The mirror.</param>
/// <param name="id">Begins the names of the devices.</param>
internal sealed class KernelMirror(KernelMapper mapper, MirrorFiles files, MirrorStep step, MirrorShape shape, string id)
{
    private static readonly string[] Features = ["", " 1 handle_errors", " 2 handle_errors keep_log"];

    private readonly List<string> _differences = [];

    private string Synced => MirrorStatusWords.Of(shape.Legs, shape.Regions, shape.Regions);

    private string Name => $"{id}m";

    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Adds the step to the kernel's commands.</summary>
    /// <param name="disk">The guest's disk with the files.</param>
    /// <param name="places">Where the legs and, last, the log are on it, in sectors.</param>
    /// <param name="ourStatus">What this library shows for the same files; null if they hold no log yet.</param>
    public void Run(string disk, int[] places, string? ourStatus)
    {
        for (var i = 0; i < shape.Legs; i++)
        {
            // A slow leg keeps recovery from ending before the writes.
            mapper.Device(Leg(i), shape.Sectors, step.Waits || i == 0 ? $"linear {disk} {places[i]}" : $"delay {disk} {places[i]} 0 {disk} {places[i]} 3");
        }
        mapper.Device($"{id}g", shape.LogSectors, $"linear {disk} {places[^1]}");
        if (step.Waits)
            mapper.Suspend(Leg(1));     // so that the first status is that before recovery
        var log = files.HasLog || !shape.Equal ? $"disk 2 @{id}g {shape.RegionSectors}" : $"disk 3 @{id}g {shape.RegionSectors} nosync";
        mapper.Device(Name, shape.Sectors,
            $"mirror {log} {shape.Legs} {string.Join(' ', Enumerable.Range(0, shape.Legs).Select(i => $"@{Leg(i)} 0"))}{Features[step.Features]}");
        if (step.Waits)
            Recover(ourStatus);
        foreach (var operation in step.Operations)
            mapper.Write(Name, operation.Sector, operation.Count, operation.At, result => Expect($"{operation}", "ok", result));
        mapper.Read(Name, 0, shape.Sectors, (result, bytes) => Expect("reading it", true, bytes is not null && bytes.AsSpan().SequenceEqual(files.Expected)));
        if (step.Crashes)
            BeginCrash();
        else
            Close();
    }

    private void Recover(string? ourStatus)
    {
        var expected = MirrorStatusWords.Of(shape.Legs, files.CleanBefore.Count(clean => clean), shape.Regions);
        ExpectStatus("opened", expected);
        Expect("this library", expected, ourStatus ?? expected);
        mapper.Resume(Leg(1));
        mapper.Synced(Name, status => Expect("in sync", Synced, MirrorStatusWords.Of(status)));
    }

    private void BeginCrash()
    {
        if (step.InFlight.Count > 0)
            mapper.Suspend(Leg(step.HeldLeg));
        foreach (var write in step.InFlight)
            mapper.Start(Name, write.Sector, write.Count, write.At);
    }

    private void Close()
    {
        if (step.Waits)
            ExpectStatus("before it is closed", Synced);
        mapper.Remove(Name);
        mapper.Remove($"{id}g");
        for (var i = 0; i < shape.Legs; i++)
            mapper.Remove(Leg(i));
    }

    private string Leg(int index) => $"{id}l{index}";

    private void ExpectStatus(string what, string expected) => mapper.Status(Name, status => Expect(what, expected, MirrorStatusWords.Of(status)));

    private void Expect<T>(string what, T expected, T actual)
    {
        if (!Equals(expected, actual))
            _differences.Add($"{what}: {actual}, not {expected}");
    }
}
