namespace Kcopyd.Actors.TestKit;

/// <summary>A fault that chance has injected into a run.</summary>
/// <param name="Name">Its name in the run, which <see cref="SimulationOptions.OnlyFaults"/> takes.</param>
/// <param name="At">When it was injected, since the world's beginning.</param>
/// <param name="What">What it was.</param>
public sealed record InjectedFault(string Name, TimeSpan At, string What)
{
    /// <inheritdoc/>
    public override string ToString() => Name.StartsWith(What, StringComparison.Ordinal) ? Name : $"{Name}: {What}";
}
