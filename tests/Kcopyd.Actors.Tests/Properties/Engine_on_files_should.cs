using Akka.Actor;
using CsCheck;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

/// <summary>
/// Files on a disk (buffered and direct) and in memory, with many jobs at once, on either engine; the model is an array for each file. Another job hangs on a
/// device all the time, and no job waits for it.
/// </summary>
[Collection(Alone.Name)]
public sealed class Engine_on_files_should : IDisposable
{
    private const int Sectors = 2048, Jobs = 8, Share = Sectors / Jobs;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    private readonly TempFolder _disk = new(AppContext.BaseDirectory);
    private readonly TempFolder _memory = new(Directory.Exists("/dev/shm") ? "/dev/shm" : null);

    public void Dispose()
    {
        _disk.Dispose();
        _memory.Dispose();
    }

    // Each job has its own share of the sectors, so that the order of jobs does not matter.
    private static readonly Gen<(int First, int Count, int To, int Flags, bool Zero)[]> Plan =
        Gen.Select(Gen.Int[0, Share - 1], Gen.Int[1, Share], Gen.Int[1, 7], Gen.Int[0, 3], Gen.Bool)
            .Select(job => (job.Item1, Math.Min(job.Item2, Share - job.Item1), job.Item3, job.Item4, job.Item5)).Array[Jobs];

    [SkippableTheory]
    [InlineData("threads")]
    [InlineData("io_uring")]
    public async Task end_as_the_model_foretells(string engine)
    {
        if (engine == "io_uring")
            Uring.Lanes.Required();
        var system = ActorSystem.Create("files", $$"""
            akka { loglevel = OFF, stdout-loglevel = OFF }
            kcopyd.client { dispatcher = on-{{engine}}, worker-dispatcher = on-{{engine}} }
            on-{{engine}} {
              type = Dispatcher, throughput = 30, threads = 2, max-threads = 16, io-engine = {{engine}}
              executor = "Kcopyd.Actors.Threads.EngineThreadsConfigurator, Kcopyd.Actors"
            }
            """);
        try
        {
            var client = system.Kcopyd().CreateClient(settings: system.Kcopyd().Settings with { SubJobSize = 16 << 10 });
            await using var hangs = BlockDevice.Memory(Share * 512).WithStall();
            var hanging = client.CopyAsync(BlockDevice.Memory(Share * 512).Whole(), [hangs.Whole()]);
            await hangs.WaitingAsync();
            Plan.Sample(jobs => Play(client, jobs), iter: 60, threads: 1);
            Assert.False(hanging.IsCompleted);
            hangs.Release();
            Assert.True((await hanging.WaitAsync(Enough)).IsSuccess);
            await client.DestroyAsync();
        }
        finally
        {
            await system.Terminate();
        }
    }

    private void Play(KcopydClient client, (int First, int Count, int To, int Flags, bool Zero)[] jobs)
    {
        var content = Bytes.Random(Sectors * 512, jobs[0].Count);
        using var source = new Files(Open(_disk.File("source", content), isDirect: jobs[0].Zero));
        string[] paths =
        [
            _disk.File("buffered", new byte[Sectors * 512]),
            _disk.File("direct", new byte[Sectors * 512]),
            _memory.File("memory", new byte[Sectors * 512]),
        ];
        using var to = new Files([.. paths.Select((path, i) => Open(path, isDirect: i == 1))]);
        if (jobs[1].Zero)
            source.Devices[0].EvictAsync(0, Sectors * 512).AsTask().Wait(Enough);
        var model = paths.Select(_ => new byte[Sectors * 512]).ToArray();
        var results = new List<Task<CopyResult>>();
        for (var i = 0; i < jobs.Length; i++)
        {
            var (first, count, chosen, finish, zero) = jobs[i];
            first += i * Share;
            var destinations = Enumerable.Range(0, 3).Where(d => (chosen >> d & 1) != 0).ToArray();
            var regions = destinations.Select(d => to.Devices[d].Region(first, count)).ToArray();
            foreach (var d in destinations)
                (zero ? new byte[count * 512] : content.AsSpan(first * 512, count * 512)).CopyTo(model[d].AsSpan(first * 512));
            var flags = finish switch { 1 => CopyFlags.Flush, 2 => CopyFlags.Verify, 3 => CopyFlags.Sequential, _ => CopyFlags.None };
            results.Add(zero ? client.ZeroAsync(regions) : client.CopyAsync(source.Devices[0].Region(first, count), regions, flags));
        }
        foreach (var result in results)
        {
            Assert.True(result.Wait(Enough), "A job does not end.");
            Assert.True(result.Result.IsSuccess, result.Result.ToString());
        }
        for (var d = 0; d < paths.Length; d++)
            Assert.True(model[d].AsSpan().SequenceEqual(File.ReadAllBytes(paths[d])), $"{paths[d]} differs.");
    }

    private static FileBlockDevice Open(string path, bool isDirect)
    {
        try
        {
            return BlockDevice.Open(path, new() { Io = isDirect ? IoMode.Direct : IoMode.Buffered });
        }
        catch (IOException e) when (e.Message.Contains("direct I/O", StringComparison.Ordinal))
        {
            return BlockDevice.Open(path);      // not every file system supports direct I/O; the rest holds there, too
        }
    }

    private sealed class Files(params FileBlockDevice[] devices) : IDisposable
    {
        public FileBlockDevice[] Devices => devices;

        public void Dispose()
        {
            foreach (var device in devices)
                device.DisposeAsync().AsTask().Wait(Enough);
        }
    }
}
