using System.Collections.Concurrent;
using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// Everything that can happen next, and a seeded choice among it. Mailboxes and the completions of simulated devices wait here side by
/// side; one thread runs one of them at a time. So one seed is one interleaving, and the same seed is the same one again.
/// </summary>
internal sealed class SeededPump : IDisposable
{
    private static readonly ConcurrentDictionary<int, SeededPump> Pumps = new();
    private static int _lastId;

    private readonly int _id = Interlocked.Increment(ref _lastId);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<IRunnable> _runnable = [];

    public SeededPump(int seed)
    {
        Random = new Random(seed);
        Pumps[_id] = this;
    }

    /// <summary>The one source of chance while the simulation runs.</summary>
    public Random Random { get; }

    /// <summary>The time of the simulation's log: how many things have happened.</summary>
    public int Steps { get; private set; }

    public bool IsIdle => _runnable.Count == 0;

    /// <summary>The history so far in one number.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037;

    /// <summary>HOCON of a dispatcher that runs here.</summary>
    public string Dispatcher =>
        string.Create(CultureInfo.InvariantCulture,
            $$"""{ type = Dispatcher, throughput = 1, executor = "{{typeof(PumpConfigurator).AssemblyQualifiedName}}", pump = {{_id}} }""");

    public void Add(IRunnable runnable)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException($"{runnable} comes from another thread: the run would not replay.");
        _runnable.Add(runnable);
    }

    /// <summary>Adds to the history.</summary>
    public void Note(long what) => Trace = (Trace ^ (ulong)what) * 1099511628211;

    /// <summary>Runs one of the things that can happen next.</summary>
    /// <returns>False if there is none.</returns>
    public bool RunOne()
    {
        if (IsIdle)
            return false;
        var chosen = Random.Next(_runnable.Count);
        Note(chosen);
        Steps++;
        var runnable = _runnable[chosen];
        _runnable[chosen] = _runnable[^1];
        _runnable.RemoveAt(_runnable.Count - 1);
        runnable.Run();
        return true;
    }

    public void RunUntilIdle()
    {
        while (RunOne()) { }
    }

    public void Dispose() => Pumps.TryRemove(_id, out _);

    private sealed class PumpConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
    {
        public override ExecutorService Produce(string id) => new PumpExecutor(id, Pumps[Config.GetInt("pump")]);
    }

    private sealed class PumpExecutor(string id, SeededPump pump) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => pump.Add(run);

        public override void Shutdown() { }
    }
}
