using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// Ends a simulation whose thread blocks: only the simulation itself could wake it. It interrupts the thread, so that the exception shows where it waits.
/// </summary>
internal static class Watchdog
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const int Patience = 10;        // periods without a step

    private static readonly ConcurrentDictionary<Engine, Watched> Engines = new();
    private static int _isStarted;

    private sealed class Watched(Thread thread)
    {
        public Thread Thread { get; } = thread;

        public long Steps { get; set; }

        public int Periods { get; set; }
    }

    public static void Watch(Engine engine, Thread thread)
    {
        Engines[engine] = new Watched(thread);
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
            new Thread(Run) { IsBackground = true, Name = "simulation watchdog" }.Start();
    }

    public static void Forget(Engine engine) => Engines.TryRemove(engine, out _);

    private static void Run()
    {
        while (true)
        {
            Thread.Sleep(Period);
            foreach (var (engine, watched) in Engines)
                Look(engine, watched);
        }
    }

    private static void Look(Engine engine, Watched watched)
    {
        var isBlocked = engine.IsInStep && engine.Steps == watched.Steps && (watched.Thread.ThreadState & ThreadState.WaitSleepJoin) != 0;
        watched.Steps = engine.Steps;
        watched.Periods = isBlocked ? watched.Periods + 1 : 0;
        if (watched.Periods < Patience)
            return;
        watched.Periods = 0;
        AppDomain.CurrentDomain.FirstChanceException += Report;
        watched.Thread.Interrupt();

        void Report(object? sender, FirstChanceExceptionEventArgs args)
        {
            if (args.Exception is not ThreadInterruptedException || Thread.CurrentThread != watched.Thread)
                return;
            AppDomain.CurrentDomain.FirstChanceException -= Report;
            engine.Fail(new SimulationFailedException($"The simulation's thread was blocked for {Patience} s, and only the simulation could have woken it. "
                + $"Await instead of blocking. The stack that waited:{Environment.NewLine}{Environment.StackTrace}"));
        }
    }
}
