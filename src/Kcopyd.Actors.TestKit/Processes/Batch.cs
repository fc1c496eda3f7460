using System.Text.Json;

namespace Kcopyd.Actors.TestKit.Processes;

/// <summary>What a child process is to do: the only argument of its command line, as JSON.</summary>
internal sealed record Batch(TestReference Test, int FirstSeed, int Count, SimulationOptions Options)
{
    /// <summary>True if a run that fails is shrunk, and the outcome is to say how.</summary>
    public bool Shrinks { get; init; }

    public string ToArgument() => JsonSerializer.Serialize(this);

    public static Batch Parse(string argument) =>
        JsonSerializer.Deserialize<Batch>(argument) ?? throw new FormatException("The argument is not the description of a batch.");
}

/// <summary>What became of a seed: one line of a child process's output. Its steps are 0 if the process did not survive it.</summary>
internal sealed record Outcome(int Seed, long Steps, TimeSpan Time, ulong Hash, string? Failure)
{
    private const string Mark = "@simulation ";     // what the test itself prints has no such beginning

    public SimulationResult Result => new(Seed, Steps, Time, Hash);

    public string ToLine() => Mark + JsonSerializer.Serialize(this);

    public static Outcome? Parse(string line) =>
        line.StartsWith(Mark, StringComparison.Ordinal) ? JsonSerializer.Deserialize<Outcome>(line.AsSpan(Mark.Length)) : null;
}
