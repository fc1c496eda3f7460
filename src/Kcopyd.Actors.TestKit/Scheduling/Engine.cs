using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// Runs the steps of a simulation: one thread, one clock, one seed. Time passes only when nothing can happen, or by the cost of a step.
/// </summary>
/// <remarks>
/// Invariant: while a step runs, no other code of the simulation does. Work that another thread adds is not part of a history that replays, so it fails the
/// simulation, with the stack that left it.
/// </remarks>
internal sealed class Engine : IDisposable
{
    /// <summary>The time of every simulation's start.</summary>
    public static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ConcurrentDictionary<int, Engine> Engines = new();
    private static int _lastId;

    private readonly Thread _thread = Thread.CurrentThread;
    private readonly SynchronizationContext? _outer = SynchronizationContext.Current;
    private readonly SimulationContext _context;
    private readonly Schedule _schedule;
    private readonly Timeline _timeline = new();
    private readonly Waiters _waiters = new();
    private readonly PoolGate? _gate;
    private readonly IDisposable _entered;
    private readonly TimeSpan _stepCost;
    private readonly StepLog _log;
    private int _depth;
    private Process? _resumed;      // whose code the step has run last
    private volatile bool _isEnding;
    private volatile Exception? _failure;
    private long _steps;

    public Engine(int seed, SimulationOptions options)
    {
        Id = Interlocked.Increment(ref _lastId);
        Random = new RandomStreams(seed);
        var schedule = options.Schedule == 0 ? "schedule" : string.Create(CultureInfo.InvariantCulture, $"schedule/{options.Schedule}");
        _schedule = new Schedule(SchedulePolicy.Create(options.Policy, options.PriorityChanges, Random[schedule]));
        Faults = new FaultLog(() => Now, options.OnlyFaults) { Tell = (who, what) => Tell!(who, what) };
        _stepCost = options.StepCost;
        _log = new StepLog(options.RecordsEveryStep);
        Messages = new MessageLog(this, options.RecordedMessages);
        _context = new SimulationContext(this, null);
        var environment = new SimulatedEnvironment(this);
        _entered = Interception.Enter(environment);
        _gate = PoolGate.IsPossible ? new PoolGate(environment) : null;
        Engines[Id] = this;
        Watchdog.Watch(this, _thread);
        SynchronizationContext.SetSynchronizationContext(_context);
    }

    public int Id { get; }

    public RandomStreams Random { get; }

    /// <summary>The faults that chance has injected.</summary>
    public FaultLog Faults { get; }

    /// <summary>Every life of every process.</summary>
    public List<Process> Processes { get; } = [];

    /// <summary>Adds a line to the story: the name of the source, and what happened.</summary>
    public Action<string, string> Tell { get; init; } = static (_, _) => { };

    public TimeSpan Now { get; private set; }

    public long Steps => Volatile.Read(ref _steps);

    /// <summary>The history so far in one number.</summary>
    public ulong Hash { get; private set; } = Fingerprint.Start;

    /// <summary>The process whose code runs; null for the world's own.</summary>
    public Process? Running { get; private set; }

    /// <summary>True while a step runs: a thread that waits then can only be woken by the simulation.</summary>
    public bool IsInStep => Volatile.Read(ref _depth) > 0;

    /// <summary>True if nothing can happen without time passing.</summary>
    public bool IsIdle => _schedule.Count == 0;

    /// <summary>True if something will happen when time passes.</summary>
    public bool HasTimers => _timeline.Next() is not null;

    /// <summary>True if no item of the thread pool can run at the same time as a step.</summary>
    public bool ControlsPool => _gate is not null;

    /// <summary>True on the simulation's thread, and on the thread pool's while the simulation waits for it.</summary>
    public bool IsInside => Thread.CurrentThread == _thread || _gate is { IsOpen: true };

    public StepLog Log => _log;

    /// <summary>The last messages.</summary>
    public MessageLog Messages { get; }

    public static Engine Find(int id) =>
        Engines.TryGetValue(id, out var engine) ? engine : throw new InvalidOperationException($"Simulation {id} has ended.");

    public void Note(long what) => Hash = Fingerprint.Add(Hash, what);

    /// <summary>Adds something that can happen next.</summary>
    /// <param name="process">The process to which it belongs; null for the world.</param>
    /// <param name="work">An action, an <see cref="IRunnable"/> or a <see cref="Continuation"/>.</param>
    public void Add(Process? process, Action work) => Add(process, (object)work);

    /// <inheritdoc cref="Add(Process?, Action)"/>
    public void Add(Process? process, object work)
    {
        if (IsInside)
            _schedule.Add(process, work);
        else if (!_isEnding)
            Fail(new LeftSimulationException($"{new Step(process, work, 0)}: another thread caused this, so the run would not replay. "
                + $"The stack that left the simulation:{Environment.NewLine}{new StackTrace(1)}"));
    }

    public void After(TimeSpan delay, Process? process, Action work, ICancelable? cancelable = null) => After(delay, process, (object)work, cancelable);

    public void After(TimeSpan delay, Process? process, object work, ICancelable? cancelable = null)
    {
        if (IsInside)
            _timeline.Add(Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero), process, work, cancelable);
        else
            Add(process, work);     // reports that another thread did it
    }

    /// <summary>Runs one of the things that can happen next. If there is none, lets time pass until the next timer.</summary>
    /// <param name="until">Time does not pass beyond this.</param>
    /// <returns>False if nothing can happen until then.</returns>
    /// <exception cref="SimulationFailedException">The simulation was left, or a step has thrown.</exception>
    public bool RunOne(TimeSpan until)
    {
        ThrowIfFailed();
        _gate?.Drain();
        Step step;
        int choice;
        while (!_schedule.TryTake(out step, out choice))
        {
            if (_timeline.Next() is not { } next || next > until)
                return false;
            Elapse(next);
        }
        Note(choice);
        Note(_schedule.Count);
        _log.Add(Now, choice, _schedule.Count + 1, step);
        if (_stepCost > TimeSpan.Zero)
            Elapse(Now + _stepCost);
        _resumed = step.Process;
        Run(step);
        Drain(_resumed);
        if (_depth == 0)
            _waiters.Evaluate();
        ThrowIfFailed();
        return true;
    }

    /// <summary>Lets time pass without running anything: timers that are due can happen next.</summary>
    public void Elapse(TimeSpan to)
    {
        if (to > Now)
        {
            Now = to;
            Note(Now.Ticks);
        }
        _timeline.MoveDue(Now, _schedule);
    }

    /// <summary>Runs until a condition holds, or nothing can happen anymore before a time.</summary>
    /// <returns>Whether the condition holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan until)
    {
        while (!condition())
        {
            if (!RunOne(until))
            {
                if (until != TimeSpan.MaxValue)
                    Elapse(until);
                if (IsIdle || until == TimeSpan.MaxValue)
                    return condition();
            }
        }
        return true;
    }

    /// <summary>Waits until a condition holds, or a time has come.</summary>
    /// <returns>Whether it holds.</returns>
    public Task<bool> UntilAsync(Func<bool> condition, TimeSpan until) => _waiters.Add(condition, atEnd => After(until - Now, null, atEnd));

    /// <summary>Runs code of a process now, within the running step.</summary>
    public void RunAs(Process process, Action action)
    {
        var (running, context) = (Running, SynchronizationContext.Current);
        Running = process;
        SynchronizationContext.SetSynchronizationContext(ContextOf(process));
        try
        {
            action();
        }
        finally
        {
            Running = running;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Runs what waits in a process for the world's running step, such as the end of an I/O, within this step. If the process is frozen, it runs after
    /// the thaw; if it is dead, never.</summary>
    public void Resume(Process? process, IRunnable work)
    {
        if (process is { IsAlive: false })
            return;
        if (process is { IsFrozen: true })
        {
            Add(process, work);
            return;
        }
        var running = Running;
        Running = _resumed = process;
        try
        {
            work.Run();
        }
        finally
        {
            Running = running;
        }
    }

    public void Freeze(Process process)
    {
        process.IsFrozen = true;
        _schedule.Freeze(process);
    }

    public void Thaw(Process process)
    {
        process.IsFrozen = false;
        _schedule.Thaw(process);
    }

    public void Kill(Process process)
    {
        process.IsAlive = false;
        _schedule.Remove(process);
    }

    /// <summary>The context of the code of a process, other than its actors.</summary>
    public SimulationContext ContextOf(Process? process) => process is null ? _context : process.Context ??= new SimulationContext(this, process);

    public void Fail(Exception failure) => Interlocked.CompareExchange(ref _failure, failure, null);

    /// <summary>Code waits, and nothing can happen anymore. An actor would restart on the exception, so the simulation fails as well.</summary>
    public SimulationFailedException Deadlock()
    {
        var actor = InternalCurrentActorCellKeeper.Current is { } cell ? $": {cell.Self.Path.ToStringWithoutAddress()}" : "";
        var failure = new SimulationFailedException($"Deadlock: {Running?.ToString() ?? "the world"}{actor} waits, and nothing can happen anymore. "
            + $"The stack that waits:{Environment.NewLine}{new StackTrace(2)}");
        Fail(failure);
        return failure;
    }

    public void ThrowIfFailed()
    {
        if (_failure is { } failure && !_isEnding)
            throw failure;
    }

    /// <summary>From now on, what other threads add is ignored.</summary>
    public void BeginEnd() => _isEnding = true;

    public void Dispose()
    {
        _isEnding = true;
        foreach (var process in Processes)
            process.IsAlive = false;
        Watchdog.Forget(this);
        _gate?.Dispose();
        _entered.Dispose();
        Engines.TryRemove(Id, out _);
        SynchronizationContext.SetSynchronizationContext(_outer);
    }

    // What the step has left to the thread pool belongs to its process.
    private void Drain(Process? process)
    {
        if (_gate is null)
            return;
        var running = Running;
        Running = process;
        _gate.Drain();
        Running = running;
    }

    private void Run(Step step)
    {
        Volatile.Write(ref _steps, _steps + 1);
        var (running, cell) = (Running, InternalCurrentActorCellKeeper.Current);
        var context = SynchronizationContext.Current;
        // An actor's own scheduler continues its asynchronous handlers, as it does outside of a simulation: a context would take them from it.
        SynchronizationContext.SetSynchronizationContext(step.Work is IRunnable ? null : ContextOf(step.Process));
        InternalCurrentActorCellKeeper.Current = null;
        Running = step.Process;
        _depth++;
        try
        {
            step.Run();
        }
        catch (Exception exception)
        {
            Fail(new SimulationFailedException($"{step} threw {exception.GetType().Name}: {exception.Message}", exception));
        }
        finally
        {
            _depth--;
            Running = running;
            InternalCurrentActorCellKeeper.Current = cell;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
