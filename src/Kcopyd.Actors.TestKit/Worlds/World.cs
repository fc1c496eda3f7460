using System.Globalization;
using Akka.Dispatch;
using Kcopyd.Actors.TestKit.Reports;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// A simulated world: processes with actor systems, one clock, one source of chance. Everything that its seed decides is decided again in the same way when the
/// seed runs again.
/// </summary>
/// <remarks>
/// Use <see cref="Simulation"/> to run a test in a world. A world that a test makes itself runs only when the test says so, by <see cref="RunOne"/> and its
/// siblings. A world belongs to the thread that made it; no member may be called from another one, except where it says so.
/// </remarks>
public sealed partial class World : IDisposable
{
    private readonly SimulationOptions _options;
    private readonly List<Node> _nodes = [];

    /// <summary>Creates a world. The calling thread's <see cref="SynchronizationContext"/> is the world's until it is disposed.</summary>
    /// <param name="seed">Decides everything that chance decides.</param>
    /// <param name="options">How it runs; the defaults if null.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public World(int seed, SimulationOptions? options = null)
    {
        _options = options ?? new SimulationOptions();
        _options.Check();
        Engine = new Engine(seed, _options) { Tell = Tell };
        Run = new Run(seed, Engine, new Story());
        Network = new SimulatedNetwork(Engine);
        Time = new SimulatedTime(Engine, null);
    }

    /// <summary>The seed.</summary>
    public int Seed => Run.Seed;

    /// <summary>The time since the world's beginning, which is 2030-01-01, 00:00 UTC.</summary>
    public TimeSpan Now => Engine.Now;

    /// <summary>The number of things that have happened.</summary>
    public long Steps => Engine.Steps;

    /// <summary>The history so far in one number.</summary>
    public ulong Hash => Engine.Hash;

    /// <summary>True if nothing can happen before time passes.</summary>
    public bool IsIdle => Engine.IsIdle;

    /// <summary>The world's clock and timers. Those of a process are in <see cref="Node.Time"/>.</summary>
    public TimeProvider Time { get; }

    /// <summary>The source of chance for a test's own choices.</summary>
    public Random Random => Engine.Random["test"];

    /// <summary>The network between the processes.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The processes, in the order in which they were added.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>What a person can read of the run: the log of the actor systems, and what the test has told.</summary>
    public IReadOnlyList<string> Story => Run.Story;

    internal Run Run { get; }

    internal Engine Engine { get; }

    internal SimulationOptions Options => _options;

    /// <summary>A source of chance for one purpose. What others draw does not shift its numbers.</summary>
    /// <param name="purpose">Names the source.</param>
    public Random RandomFor(string purpose)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return Engine.Random[$"test/{purpose}"];
    }

    /// <summary>Adds something that can happen next, such as the completion of an I/O.</summary>
    /// <param name="step">Runs when it is chosen.</param>
    public void Add(IRunnable step)
    {
        ArgumentNullException.ThrowIfNull(step);
        Engine.Add(Engine.Running, step);
    }

    /// <summary>Calls an action after a time.</summary>
    /// <param name="delay">The time.</param>
    /// <param name="action">The action.</param>
    public void After(TimeSpan delay, Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Engine.After(delay, null, action);
    }

    /// <summary>Waits for a time.</summary>
    /// <param name="time">The time.</param>
    public Task DelayAsync(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Waits until a condition holds. It is evaluated after every step.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="within">The time after which the simulation fails.</param>
    /// <param name="because">What the condition means, for the message of the failure.</param>
    /// <exception cref="SimulationFailedException">The condition has not become true in time.</exception>
    public async Task UntilAsync(Func<bool> condition, TimeSpan within, string because = "the condition")
    {
        ArgumentNullException.ThrowIfNull(condition);
        if (!await Engine.UntilAsync(condition, Now + within))
            throw new SimulationFailedException(string.Create(CultureInfo.InvariantCulture, $"Not within {within.TotalSeconds} s: {because}."));
    }

    /// <summary>Lets one of the things happen that can happen without time passing.</summary>
    /// <returns>False if there is none.</returns>
    public bool RunOne() => Engine.RunOne(Now);

    /// <summary>Runs until nothing can happen before time passes.</summary>
    public void RunUntilIdle()
    {
        while (RunOne()) { }
    }

    /// <summary>Runs for a time.</summary>
    /// <param name="time">The simulated time.</param>
    public void RunFor(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Engine.RunUntil(static () => false, Now + time);
    }

    /// <summary>Runs until a condition holds.</summary>
    /// <param name="condition">The condition, evaluated after each step.</param>
    /// <param name="within">The simulated time after which it gives up.</param>
    /// <returns>Whether it holds.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan within)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Engine.RunUntil(condition, Now + within);
    }

    /// <summary>Lets time pass without running anything.</summary>
    /// <param name="time">The time.</param>
    public void Elapse(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        Engine.Elapse(Now + time);
    }

    /// <summary>Adds a value to the history: two runs that differ in it have different hashes.</summary>
    /// <param name="value">The value.</param>
    public void Note(long value) => Engine.Note(value);

    /// <summary>Adds a line to the story, with the time and the process.</summary>
    /// <param name="what">What has happened.</param>
    public void Tell(string what) => Tell(Engine.Running?.ToString() ?? "world", what);

    /// <summary>Writes the story. It can be read at any time.</summary>
    /// <param name="writer">Gets the lines.</param>
    /// <param name="withMessages">Whether the story includes the recorded messages: who sent each, and when an actor processed it.</param>
    public void WriteStory(TextWriter writer, bool withMessages = true)
    {
        ArgumentNullException.ThrowIfNull(writer);
        StoryWriter.Write(Run, writer, withMessages);
    }

    /// <summary>Writes a sequence diagram of the last events as an SVG picture: messages between actors, changes of nodes, and lines of the story. It needs no
    /// other file.</summary>
    /// <param name="writer">Gets the picture.</param>
    public void WriteDiagram(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Diagram.Write(Run, writer, null);
    }

    internal void Tell(string who, string what) => Run.Story.Add(new StoryLine(Engine.Messages.Now(), who, what));

    internal void Tell(Process process, string what, NodeChange change) =>
        Run.Story.Add(new StoryLine(Engine.Messages.Now(), process.ToString(), what, change, process.Name));

    /// <summary>Terminates the actor systems, as far as they do without time passing, and ends the world.</summary>
    public void Dispose()
    {
        Engine.BeginEnd();
        try
        {
            foreach (var node in _nodes)
                node.Terminate();
            RunUntilIdle();
        }
        finally
        {
            Engine.Dispose();
        }
    }
}
