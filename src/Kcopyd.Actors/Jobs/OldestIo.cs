using System.Globalization;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>The piece of a job that has been in flight longest, and the device that has not completed it.</summary>
/// <param name="JobId">The job's number.</param>
/// <param name="Age">The time that it has been in flight.</param>
/// <param name="Operation">The device's operation: <c>read</c>, <c>write</c>, <c>flush</c>, <c>clone</c>, <c>verify</c> or <c>map</c>.</param>
/// <param name="Device">The device's name; of several devices, the first one.</param>
public sealed record OldestIo(long JobId, TimeSpan Age, string Operation, string Device)
{
    internal static OldestIo Of(SubJob subJob, TimeSpan age)
    {
        var job = subJob.Job;
        var reads = job.Source is not null && !subJob.IsRead && !subJob.IsHandedOver;
        var destination = 0;
        while (destination < job.DestinationCount - 1 && subJob.Ios[destination].IsReported)
            destination++;
        var operation = subJob switch
        {
            { Kind: SubJobKind.Map } => "map",
            _ when reads => "read",
            { Phase: JobPhase.Clone } => "clone",
            { Phase: JobPhase.Flush } => "flush",
            { Phase: JobPhase.Verify } => "verify",
            _ => "write",
        };
        return new OldestIo(job.Id, age, operation, IoFaults.NameOf(reads ? job.Source! : job.Destinations[destination].Device));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Operation} on {Device} of job {JobId}, {Age.TotalSeconds:0.0} s old");
}
