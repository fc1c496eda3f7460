using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Mirrors;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Runs steps of a script on this library.</summary>
internal sealed class OurMirror(ActorSystem system, MirrorShape shape)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public async Task<IReadOnlyList<string>> RunAsync(MirrorFiles files, MirrorStep step)
    {
        files.Begin(step);
        var disks = new CrashDisks();
        IBlockDevice[] legs = [.. files.Legs.Select((leg, i) => disks.Add($"leg{i}", leg))];
        var log = disks.Add("log", files.Log);
        List<string> differences = [];
        var mirror = await OpenAsync(files, legs, log, step.Features == 1);
        byte[][] left;
        try
        {
            await WorkAsync(files, step, mirror, differences);
            if (step.Crashes)
            {
                left = await CrashAsync(files, step, mirror, disks, legs[step.HeldLeg]);
            }
            else
            {
                await mirror.DisposeAsync();
                left = disks.Take();
            }
        }
        finally
        {
            disks.Release();
            await mirror.DisposeAsync();
        }
        differences.AddRange(files.End(step, left[..^1], left[^1]));
        return differences;
    }

    /// <summary>The status that this library shows for the files at the beginning of a step, without device names. The files stay as they are.</summary>
    public async Task<string> LookAsync(MirrorFiles files)
    {
        var disks = new CrashDisks();
        IBlockDevice[] legs = [.. files.Legs.Select((leg, i) => disks.Add($"leg{i}", leg))];
        await using var mirror = await OpenAsync(files, legs, disks.Add("log", files.Log), compares: false);
        return MirrorStatusWords.Of((await mirror.GetStatusAsync()).ToString());
    }

    private async Task<Mirror> OpenAsync(MirrorFiles files, IBlockDevice[] legs, IBlockDevice log, bool compares) =>
        await system.Kcopyd().OpenMirrorAsync(legs, new()
        {
            Log = log, RegionSize = shape.RegionSectors * 512, LeaveOpen = true, StartPaused = true, RecoverByComparing = compares,
            LogMode = files.HasLog ? MirrorLogMode.Open : MirrorLogMode.Create,
            Source = shape.Equal && !files.HasLog ? null : 0, AssumeInSync = shape.Equal && !files.HasLog,
        });

    private async Task WorkAsync(MirrorFiles files, MirrorStep step, Mirror mirror, List<string> differences)
    {
        await ExpectAsync("opened", mirror, files.CleanBefore.Count(clean => clean), differences);
        if (step.Waits)
        {
            mirror.ResumeRecovery();
            await mirror.WhenInSyncAsync().WaitAsync(Patience);
            await ExpectAsync("in sync", mirror, shape.Regions, differences);
            if ((await mirror.GetStatusAsync()).RecoveredBytes is var bytes && bytes != files.DirtyBytes)
                differences.Add($"{bytes} bytes were recovered, not {files.DirtyBytes}");
        }
        else if (step.Features == 2)
        {
            mirror.ResumeRecovery();
        }
        foreach (var operation in step.Operations)
            await DoAsync(files, mirror, operation);
        if (step.Marks)
            return;     // legs that differ are read in turns
        var content = new byte[mirror.Length];
        for (var done = 0; done < content.Length;)
            done += Must(await mirror.ReadAsync(done, content.AsMemory(done)));
        if (!content.AsSpan().SequenceEqual(files.Expected))
            differences.Add("the mirror reads other data");
    }

    private async Task ExpectAsync(string when, Mirror mirror, int inSync, List<string> differences)
    {
        var (expected, actual) = (MirrorStatusWords.Of(shape.Legs, inSync, shape.Regions), MirrorStatusWords.Of((await mirror.GetStatusAsync()).ToString()));
        if (expected != actual)
            differences.Add($"{when}: status {actual}, not {expected}");
    }

    // The process is killed while a leg does not get what others have.
    private static async Task<byte[][]> CrashAsync(MirrorFiles files, MirrorStep step, Mirror mirror, CrashDisks disks, IBlockDevice held)
    {
        if (step.InFlight.Count == 0)
            return disks.Take();
        disks.Hold(held);
        Task[] writes = [.. step.InFlight.Select(write => DoAsync(files, mirror, write))];
        await disks.Held.WaitAsync(Patience);
        var left = disks.Take();
        disks.Release();
        await Task.WhenAll(writes);
        return left;
    }

    private static async Task DoAsync(MirrorFiles files, Mirror mirror, MirrorOperation operation)
    {
        var (offset, bytes) = (operation.Sector * 512L, files.Data(operation));
        for (var done = 0; done < bytes.Length;)
        {
            done += Must(operation.Change switch
            {
                MirrorChange.Write => await mirror.WriteAsync(offset + done, bytes[done..]),
                MirrorChange.Zero => await mirror.WriteZeroesAsync(offset + done, bytes.Length - done),
                _ => await mirror.DiscardAsync(offset + done, bytes.Length - done),
            });
        }
    }

    private static int Must(IoResult result) =>
        result is { IsSuccess: true, Bytes: > 0 } ? (int)result.Bytes : throw new InvalidOperationException(result.ToString());
}
