using System.Globalization;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>One script with its files.</summary>
internal sealed class MirrorPlay(MirrorScript script, byte[] blob, byte[]? log = null)
{
    private readonly MirrorFiles _files = new(script.Shape, blob, log);
    private readonly List<string> _differences = [];
    private int _round;

    public MirrorScript Script => script;

    /// <summary>Null if there are no differences.</summary>
    public string? Failure => _differences.Count == 0 ? null : $"{script}\n{string.Join('\n', _differences.Take(8))}";

    // After a difference, the rest of the script would show its consequences.
    private MirrorStep? Step => _round < script.Steps.Count && _differences.Count == 0 ? script.Steps[_round] : null;

    /// <summary>What the scripts did, for a test's output.</summary>
    public static string Summary(IReadOnlyList<MirrorPlay> plays)
    {
        MirrorStep[] steps = [.. plays.SelectMany(play => play.Script.Steps)];
        return string.Create(CultureInfo.InvariantCulture,
            $"{plays.Count} scripts, {steps.Length} steps ({steps.Count(step => step.Ours)} ours, {steps.Count(step => step.Crashes)} crashes of which "
            + $"{plays.Sum(play => play._files.Torn)} left legs that differ), {steps.Sum(step => step.Operations.Count + step.InFlight.Count)} operations, "
            + $"{plays.Sum(play => play._files.Compared)} legs and logs compared, {plays.Count(play => play.Failure is not null)} scripts with differences");
    }

    /// <summary>Runs all scripts, step by step, so that one boot of the kernel does a step of many scripts.</summary>
    /// <returns>The scripts with differences.</returns>
    public static async Task<List<string>> RunAsync(IReadOnlyList<MirrorPlay> plays, byte[] blob, ActorSystem system, TempFolder folder)
    {
        for (var round = 0; plays.Any(play => play.Step is not null); round++)
        {
            foreach (var play in plays.Where(play => play.Step is { Ours: true }))
                play.Add(await new OurMirror(system, play.Script.Shape).RunAsync(play._files, play.Step!));
            // A crash ends the boot for all scripts that are open then.
            MirrorPlay[] kernels = [.. plays.Where(play => play.Step is { Ours: false }).OrderBy(play => play.Step!.Crashes)];
            if (kernels.Length > 0)
                await RunKernelAsync(kernels, blob, system, new DiskImage(folder[$"disk{round}"]));
            foreach (var play in plays)
                play._round++;
        }
        return [.. plays.Select(play => play.Failure).OfType<string>()];
    }

    private static async Task RunKernelAsync(MirrorPlay[] plays, byte[] blob, ActorSystem system, DiskImage disk)
    {
        using var mapper = new KernelMapper();
        List<(MirrorPlay Play, KernelMirror Kernel, int[] Places)> running = [];
        foreach (var play in plays)
        {
            play._files.Begin(play.Step!);
            var places = play.Devices().Select(disk.Add).ToArray();
            var ours = play._files.HasLog ? await new OurMirror(system, play.Script.Shape).LookAsync(play._files) : null;
            var kernel = new KernelMirror(mapper, play._files, play.Step!, play.Script.Shape, $"k{running.Count}");
            kernel.Run("/dev/ubda", places, ours);
            running.Add((play, kernel, places));
        }
        if (plays[^1].Step!.Crashes)
            mapper.Crash();
        await mapper.RunAsync(blob, disk.Path);
        foreach (var (play, kernel, places) in running)
        {
            byte[][] left = [.. play.Devices().Select((device, i) => disk.Read(places[i], device.Length, device.Name).Bytes.ToArray())];
            play.Add([.. kernel.Differences, .. play._files.End(play.Step!, left[..^1], left[^1])]);
        }
        File.Delete(disk.Path);
    }

    private void Add(IEnumerable<string> differences) => _differences.AddRange(differences.Select(difference => $"step {_round}: {difference}"));

    private IEnumerable<MemoryBlockDevice> Devices() => _files.Legs.Append(_files.Log).Select((bytes, i) =>
    {
        var device = BlockDevice.Memory(bytes.Length, name: $"{i}");
        bytes.CopyTo(device.Bytes);
        return device;
    });
}
