using Akka.Actor;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Client;

/// <summary>
/// The actor protocol of a client, for those who have only its <see cref="IActorRef"/>, here or on another node. What crosses a wire
/// carries device names; the node that runs the job looks them up in its <see cref="Devices.DeviceRegistry"/>.
/// </summary>
/// <remarks>
/// A <see cref="Copy"/> or <see cref="Zero"/> is answered by <see cref="JobAccepted"/> and, once the job is done, by one
/// <see cref="CopyResult"/>; or by one <see cref="JobRefused"/>. Everything is answered to the sender.
/// </remarks>
public static class KcopydProtocol
{
    /// <summary>What a client understands.</summary>
    public interface IKcopydRequest;

    /// <summary>What a client answers.</summary>
    public interface IKcopydResponse;

    /// <summary>A run of 512-byte sectors on a device of the node that runs the job.</summary>
    /// <param name="Device">A name in that node's registry.</param>
    /// <param name="Sector">First sector of 512 bytes.</param>
    /// <param name="Count">Number of sectors.</param>
    public sealed record DeviceRegion(string Device, long Sector, long Count);

    /// <summary>Copies a region to one or more.</summary>
    /// <param name="From">Source.</param>
    /// <param name="To">Destinations, each with the source's count.</param>
    /// <param name="Flags">How.</param>
    /// <param name="Context">Comes back in every answer.</param>
    public sealed record Copy(DeviceRegion From, IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IKcopydRequest
    {
        /// <summary>Destinations, each with the source's count.</summary>
        public IReadOnlyList<DeviceRegion> To { get; init; } = WireList.Of(To);
    }

    /// <summary>Zeroes one or more regions.</summary>
    /// <param name="To">Destinations, all with the same count.</param>
    /// <param name="Flags">How.</param>
    /// <param name="Context">Comes back in every answer.</param>
    public sealed record Zero(IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IKcopydRequest
    {
        /// <summary>Destinations, all with the same count.</summary>
        public IReadOnlyList<DeviceRegion> To { get; init; } = WireList.Of(To);
    }

    /// <summary>Cancels a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>; the job is notified as ever.</summary>
    public sealed record CancelJob(long JobId) : IKcopydRequest;

    /// <summary>Pauses a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record PauseJob(long JobId) : IKcopydRequest;

    /// <summary>Resumes a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record ResumeJob(long JobId) : IKcopydRequest;

    /// <summary>Answered by <see cref="JobProgress"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record GetProgress(long JobId) : IKcopydRequest;

    /// <summary>Sends <see cref="JobProgress"/> to the subscriber, at most once an interval, until the job is done. Answered by <see cref="Done"/>, <see cref="JobNotFound"/> or <see cref="Refused"/>.</summary>
    public sealed record SubscribeProgress(long JobId, TimeSpan Interval, IActorRef Subscriber) : IKcopydRequest;

    /// <summary>Answered by <see cref="ClientStatus"/>.</summary>
    public sealed record GetStatus : IKcopydRequest
    {
        /// <summary>The one that is needed.</summary>
        public static GetStatus Instance { get; } = new();
    }

    /// <summary>Changes the client's limits from the next sub-job on. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
    /// <param name="Percent">Percentage of time with I/O in flight, 1 to 100.</param>
    /// <param name="BytesPerSecond">Bytes read a second; 0 is no limit.</param>
    public sealed record SetThrottle(int Percent, long BytesPerSecond) : IKcopydRequest;

    /// <summary>Destroys the client: it refuses new work, waits for every job and outstanding callback, stops. Answered by <see cref="ClientDestroyed"/>.</summary>
    public sealed record Destroy : IKcopydRequest
    {
        /// <summary>The one that is needed.</summary>
        public static Destroy Instance { get; } = new();
    }

    /// <summary>The job is admitted.</summary>
    public sealed record JobAccepted(long JobId, object? Context) : IKcopydResponse;

    /// <summary>The job was refused; nothing was read or written, and no result follows.</summary>
    /// <param name="Argument">The argument at fault (<c>from</c>, <c>to[2]</c>, …); null if it was not an argument.</param>
    /// <param name="Reason">Why, and the remedy.</param>
    /// <param name="Context">The request's.</param>
    public sealed record JobRefused(string? Argument, string Reason, object? Context) : IKcopydResponse;

    /// <summary>There is no such job, or it is done.</summary>
    public sealed record JobNotFound(long JobId) : IKcopydResponse;

    /// <summary>It is done.</summary>
    public sealed record Done : IKcopydResponse
    {
        /// <summary>The one that is needed.</summary>
        public static Done Instance { get; } = new();
    }

    /// <summary>A request was refused.</summary>
    /// <param name="Reason">Why, and the remedy.</param>
    public sealed record Refused(string Reason) : IKcopydResponse;

    /// <summary>The client is destroyed: everything was notified.</summary>
    public sealed record ClientDestroyed(string Name) : IKcopydResponse;
}

internal sealed record SubscribeProgressDelegate(long JobId, TimeSpan Interval, IProgress<JobProgress> Subscriber) : INoSerializationVerificationNeeded;

internal sealed class ThrottleChanged : INoSerializationVerificationNeeded
{
    public static ThrottleChanged Instance { get; } = new();
}
