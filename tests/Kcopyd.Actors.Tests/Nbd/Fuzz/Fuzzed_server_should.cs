using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Tests.Nbd.Server;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>
/// A million messages, many of them corrupted. A failure names its seed, which identifies one conversation. KCOPYD_FUZZ_SEED replays it; KCOPYD_FUZZ_INPUTS is
/// the total number of inputs.
/// </summary>
[Collection(Alone.Name)]
public sealed class Fuzzed_server_should(ITestOutputHelper output) : NbdServerSpec("akka.loglevel = ERROR")
{
    private const int Threads = 2;
    private const long MaxMemory = 64 << 20;

    private static readonly long Inputs = long.Parse(Environment.GetEnvironmentVariable("KCOPYD_FUZZ_INPUTS") ?? "1100000", CultureInfo.InvariantCulture);

    [Fact]
    public void answer_every_request_as_the_protocol_has_it_and_change_nothing_else() =>
        Fuzz("requests", Inputs * 6 / 10, static (server, thread, seed, report) =>
        {
            var export = thread.Exports[seed % thread.Exports.Length];
            var structured = (seed >> 8) % 3;
            var terms = export.Terms with { IsStructured = structured > 0, HasAllocation = structured > 1 };
            new RequestFuzz(server.EndPoints[0], terms, export.Shadow, () => Gone(server, terms.Export), seed, report).Run();
        });

    [Fact]
    public void answer_every_option_as_the_protocol_has_it_and_keep_its_place() =>
        Fuzz("options", Inputs * 4 / 10, static (server, thread, seed, report) => new OptionFuzz(server.EndPoints[0], thread.All, seed, report).Run());

    private void Fuzz(string what, long inputs, Action<NbdServer, FuzzThread, int, FuzzReport> converse)
    {
        var errors = Errors();
        var threads = Enumerable.Range(0, Threads).Select(static i => new FuzzThread(i)).ToArray();
        foreach (var thread in threads)
            thread.All = [.. threads.SelectMany(static other => other.Exports).Select(static export => export.Terms)];
        var server = Serve([.. threads.SelectMany(static thread => thread.Exports).Select(static export => export.Served)],
            settings: static settings => settings with { MaxBytes = MaxMemory, PieceSize = 64 << 10 });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.StartNew();
        if (Environment.GetEnvironmentVariable("KCOPYD_FUZZ_SEED") is { } one)
            Converse(int.Parse(one, CultureInfo.InvariantCulture), threads[0], new FuzzReport());
        else
            All();
        Assert.Empty(errors);
        Assert.InRange(Core(server).Memory.Held, 0, MaxMemory);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 2 * MaxMemory);

        void All()
        {
            var (next, total) = (0, new FuzzReport());
            var stop = new CancellationTokenSource();
            var failures = new List<Exception>();
            var workers = threads.Select(thread => new Thread(() =>
            {
                var report = new FuzzReport();
                try
                {
                    while (report.Inputs < inputs / Threads && !stop.IsCancellationRequested)
                        Converse(Interlocked.Increment(ref next), thread, report);
                }
                catch (Exception failure)
                {
                    stop.Cancel();
                    lock (failures)
                        failures.Add(failure);
                }
                lock (total)
                    total.Add(report);
            })).ToList();
            workers.ForEach(static worker => worker.Start());
            workers.ForEach(static worker => worker.Join());
            output.WriteLine(total.Text(what, started.Elapsed));
            if (Environment.GetEnvironmentVariable("KCOPYD_FUZZ_REPORT") is { } path)
                File.AppendAllText(path, total.Text(what, started.Elapsed));
            if (failures.Count > 0)
                throw new AggregateException(failures);
        }

        void Converse(int seed, FuzzThread thread, FuzzReport report)
        {
            try
            {
                converse(server, thread, seed, report);
            }
            catch (Exception failure)
            {
                throw new FuzzException($"KCOPYD_FUZZ_SEED={seed} ({what}): {failure.Message}\n{failure.StackTrace}");
            }
        }
    }

    // Waits until the server has no requests in flight for a client that is gone.
    private static void Gone(NbdServer server, string export)
    {
        var waited = Stopwatch.StartNew();
        while (server.GetExports().First(status => status.Name == export).Connections > 0)
        {
            if (waited.Elapsed > RawClient.Limit)
                throw new FuzzException("A connection does not end although its client is gone.");
            Thread.Sleep(0);
        }
    }
}

/// <summary>The devices of one thread of the fuzzer, which no other thread changes.</summary>
internal sealed class FuzzThread
{
    public FuzzThread(int number) => Exports =
    [
        new FuzzExport($"prompt-{number}", new MemoryBlockDevice((256 << 10) + 3)),
        new FuzzExport($"workers-{number}", new MemoryBlockDevice(256 << 10), static memory => memory.WithErrorRate(0)),
        new FuzzExport($"aligned-{number}", new MemoryBlockDevice(256 << 10, alignment: 512)),
        new FuzzExport($"plain-{number}", new MemoryBlockDevice(200_000), static memory => new PlainLayer(memory)),
        new FuzzExport($"mapped-{number}", new MemoryBlockDevice(256 << 10), static memory => new MappedLayer(memory)),
        new FuzzExport($"read-only-{number}", new MemoryBlockDevice(100_001), isReadOnly: true),
    ];

    public FuzzExport[] Exports { get; }

    /// <summary>The exports of all threads.</summary>
    public FuzzTerms[] All { get; set; } = [];

    /// <summary>Reports a hole for every other 4 KiB, although none exists. A read does not reveal this.</summary>
    private sealed class MappedLayer(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => Inner.Features | DeviceFeatures.Map;

        public override ValueTask<ExtentResult> MapAsync(long offset, long length) =>
            new(new ExtentResult(Math.Min(length, 4096 - (offset % 4096)), offset / 4096 % 2 == 1, IoError.None));
    }

    private sealed class PlainLayer(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => DeviceFeatures.None;
    }
}

internal sealed class FuzzExport
{
    public FuzzExport(string name, MemoryBlockDevice memory, Func<IBlockDevice, IBlockDevice>? layer = null, bool isReadOnly = false)
    {
        var device = layer is null ? memory : layer(memory);
        Served = new NbdExport(name, device) { ReadOnly = isReadOnly };
        Shadow = new Shadow(memory);
        Terms = new FuzzTerms(name, memory.Length, memory.Alignment, isReadOnly, (device.Features & DeviceFeatures.Discard) != 0, false, false);
    }

    public NbdExport Served { get; }

    public Shadow Shadow { get; }

    public FuzzTerms Terms { get; }
}
