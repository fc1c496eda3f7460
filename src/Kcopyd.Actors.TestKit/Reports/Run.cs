using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>What a report is made of.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Engine">Has the messages, and the processes in the order of their first starts.</param>
/// <param name="Story">What was told.</param>
internal sealed record Run(int Seed, Engine Engine, Story Story);
