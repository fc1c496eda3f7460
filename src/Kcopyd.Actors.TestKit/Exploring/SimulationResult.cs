namespace Kcopyd.Actors.TestKit;

/// <summary>What a run of a simulation was.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Steps">The number of things that happened.</param>
/// <param name="Time">The simulated time that passed.</param>
/// <param name="Hash">The history in one number: equal for two runs that were the same.</param>
public sealed record SimulationResult(int Seed, long Steps, TimeSpan Time, ulong Hash);
