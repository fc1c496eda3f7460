namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>When something happened.</summary>
/// <param name="Time">The simulated time.</param>
/// <param name="Step">The step that did it.</param>
/// <param name="Order">Its place among everything that was recorded: several things happen in one step.</param>
internal readonly record struct Moment(TimeSpan Time, long Step, long Order);
