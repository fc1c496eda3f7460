using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// The actor protocol of a client, for those who have only its <see cref="IActorRef"/>, here or on another node. What crosses a wire
/// carries device names; the node that runs the job looks them up in its <see cref="DeviceRegistry"/>.
/// </summary>
/// <remarks>
/// <para>A <see cref="Copy"/> or <see cref="Zero"/> is answered by one <see cref="CopyResult"/> when the job is done, so that it can be asked for:
/// <c>client.Ask&lt;CopyResult&gt;(new Copy(…))</c>. A request that is refused is answered at once, by a result in which <see cref="CopyResult.Refusal"/> says
/// why. With <see cref="IJobRequest.Acknowledge"/> there are two answers: <see cref="JobAccepted"/> and later the result, or <see cref="JobRefused"/> alone.
/// Everything is answered to the sender.</para>
/// <para>A requester that may be restarted, or lose an answer, gives its request an <see cref="IJobRequest.RequestId"/>: whoever sends a request with that id
/// again gets the result of the same job, and so does <see cref="GetResult"/>.</para>
/// <para>What goes to another node is bounded: of a result with very many ranges it has the first ones, and the number of those that are left out.</para>
/// </remarks>
public static class KcopydProtocol
{
    /// <summary>What a client understands.</summary>
    public interface IKcopydRequest;

    /// <summary>What a client answers.</summary>
    public interface IKcopydResponse;

    /// <summary>A request that is a job.</summary>
    public interface IJobRequest : IKcopydRequest
    {
        /// <summary>Comes back in every answer. Over a wire it keeps its type, or the request is refused.</summary>
        object? Context { get; }

        /// <summary>True asks for a <see cref="JobAccepted"/> before the result: it has the number by which the job is cancelled and paused.</summary>
        bool Acknowledge { get; }

        /// <summary>Tells this request from all others, also if it is sent again; a GUID, say. Null for one that is sent once.</summary>
        string? RequestId { get; }
    }

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
    public sealed record Copy(DeviceRegion From, IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IJobRequest
    {
        /// <inheritdoc/>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, which travels beside it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;

        /// <inheritdoc/>
        public bool Acknowledge { get; init; }

        /// <inheritdoc/>
        public string? RequestId { get; init; }

        /// <summary>Destinations, each with the source's count.</summary>
        public IReadOnlyList<DeviceRegion> To { get; init; } = WireList.Of(To);
    }

    /// <summary>Zeroes one or more regions.</summary>
    /// <param name="To">Destinations, all with the same count.</param>
    /// <param name="Flags">How.</param>
    /// <param name="Context">Comes back in every answer.</param>
    public sealed record Zero(IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IJobRequest
    {
        /// <inheritdoc/>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, which travels beside it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;

        /// <inheritdoc/>
        public bool Acknowledge { get; init; }

        /// <inheritdoc/>
        public string? RequestId { get; init; }

        /// <summary>Destinations, all with the same count.</summary>
        public IReadOnlyList<DeviceRegion> To { get; init; } = WireList.Of(To);
    }

    /// <summary>Asks what became of a request. Answered by its <see cref="CopyResult"/>, by <see cref="JobProgress"/> while the job is waiting or running, or
    /// by <see cref="RequestNotFound"/>.</summary>
    /// <param name="RequestId">The request's.</param>
    public sealed record GetResult(string RequestId) : IKcopydRequest;

    /// <summary>Cancels a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>; the job is notified as ever.</summary>
    public sealed record CancelJob(long JobId) : IKcopydRequest;

    /// <summary>Limits a job's time, from now on. Then it is cancelled, and does not wait for devices: what they have not completed fails as
    /// <see cref="IoError.TimedOut"/>. The last deadline that is set counts. Answered by <see cref="Done"/>, <see cref="JobNotFound"/> or
    /// <see cref="Refused"/>.</summary>
    /// <param name="JobId">The job's number.</param>
    /// <param name="Time">More than zero.</param>
    public sealed record SetDeadline(long JobId, TimeSpan Time) : IKcopydRequest;

    /// <summary>Pauses a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record PauseJob(long JobId) : IKcopydRequest;

    /// <summary>Resumes a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record ResumeJob(long JobId) : IKcopydRequest;

    /// <summary>Answered by <see cref="JobProgress"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record GetProgress(long JobId) : IKcopydRequest;

    /// <summary>Sends <see cref="JobProgress"/> to the subscriber, at most once an interval, until the job is done. Answered by <see cref="Done"/>,
    /// <see cref="JobNotFound"/> or <see cref="Refused"/>.</summary>
    public sealed record SubscribeProgress(long JobId, TimeSpan Interval, IActorRef Subscriber) : IKcopydRequest;

    /// <summary>Ends the subscriptions of an actor to a job; nothing happens if it has none. Answered by <see cref="Done"/> or
    /// <see cref="JobNotFound"/>.</summary>
    public sealed record UnsubscribeProgress(long JobId, IActorRef Subscriber) : IKcopydRequest;

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

    /// <summary>Destroys the client: it refuses new work, waits for every job and outstanding callback, stops. Answered by <see cref="ClientDestroyed"/>; by
    /// <see cref="Refused"/> if the client is one of the system's own, which others use and which ends with the system.</summary>
    public sealed record Destroy : IKcopydRequest
    {
        /// <summary>The one that is needed.</summary>
        public static Destroy Instance { get; } = new();
    }

    /// <summary>The job is admitted.</summary>
    /// <param name="JobId">Its number.</param>
    /// <param name="Context">The request's.</param>
    public sealed record JobAccepted(long JobId, object? Context) : IKcopydResponse
    {
        /// <summary>The request's context.</summary>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, which travels beside it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;
    }

    /// <summary>The job was refused; nothing was read or written, and no result follows.</summary>
    /// <param name="Argument">The argument at fault (<c>from</c>, <c>to[2]</c>, …); null if it was not an argument.</param>
    /// <param name="Reason">Why, and the remedy.</param>
    /// <param name="Context">The request's.</param>
    public sealed record JobRefused(string? Argument, string Reason, object? Context) : IKcopydResponse
    {
        /// <summary>The request's context.</summary>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, which travels beside it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;
    }

    /// <summary>No request of that id is known: it never came, or was done so long ago that its result is forgotten (<c>remembered-results</c>).</summary>
    /// <param name="RequestId">The id.</param>
    public sealed record RequestNotFound(string RequestId) : IKcopydResponse;

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
