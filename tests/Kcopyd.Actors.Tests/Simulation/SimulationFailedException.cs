using System.Globalization;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>A seed under which the engine broke a promise, and how to see it again.</summary>
internal sealed class SimulationFailedException(int seed, IEnumerable<string> complaints, IEnumerable<string> story)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"""
        Seed {seed}: {string.Join("\n  and ", complaints.Take(10))}
        Replay: KCOPYD_SEED={seed} dotnet test tests/Kcopyd.Actors.Tests --filter Simulation_should
        {(Environment.GetEnvironmentVariable("KCOPYD_SEED") is null ? "" : string.Join('\n', story))}
        """));
