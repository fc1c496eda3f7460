namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>A small program of actors with a known concurrency bug.</summary>
internal abstract class Exhibit
{
    public abstract string Name { get; }

    /// <summary>The bug in one sentence.</summary>
    public abstract string Bug { get; }

    /// <summary>Each policy finds the bug within this many seeds, from 1 on.</summary>
    public abstract int Seeds { get; }

    /// <summary>Plays the program in a simulated world.</summary>
    /// <exception cref="BugFoundException">The bug has shown itself.</exception>
    public abstract Task Play(World world, bool isFixed);

    /// <summary>How many runs on real threads show the bug, or why none can.</summary>
    public abstract Task<string> CountRunsOnThreadsAsync();

    public override string ToString() => Name;
}

/// <summary>A program that runs on one actor system, simulated or not.</summary>
internal abstract class ActorExhibit : Exhibit
{
    /// <inheritdoc cref="Exhibit.Play"/>
    public abstract Task PlayOn(Stage stage, bool isFixed);

    public sealed override Task Play(World world, bool isFixed) => PlayOn(Stage.Of(world), isFixed);

    public sealed override Task<string> CountRunsOnThreadsAsync() => ThreadLoop.CountRunsAsync(this);
}

/// <summary>A program that is not run on threads.</summary>
internal abstract class SimulatedExhibit : Exhibit
{
    /// <summary>What a loop on one actor system lacks.</summary>
    protected abstract string Needs { get; }

    public sealed override Task<string> CountRunsOnThreadsAsync() => Task.FromResult($"- ({Needs})");
}

/// <summary>The bug of an exhibit has shown itself.</summary>
internal sealed class BugFoundException(string message, Exception? cause = null) : Exception(message, cause);
