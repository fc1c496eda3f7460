using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// The actor protocol of a client, for callers that have only its <see cref="IActorRef"/>, on this node or another. The messages carry device names; the node
/// that runs the job looks them up in its <see cref="DeviceRegistry"/>.
/// </summary>
/// <remarks>
/// <para>The answer to a <see cref="Copy"/> or <see cref="Zero"/> is one <see cref="CopyResult"/> when the job is done, so <c>Ask</c> works:
/// <c>client.Ask&lt;CopyResult&gt;(new Copy(…))</c>. A refused request is answered at once, with a result whose <see cref="CopyResult.Refusal"/> gives the
/// reason. With <see cref="IJobRequest.Acknowledge"/> there are two answers: <see cref="JobAccepted"/> and later the result, or <see cref="JobRefused"/>
/// alone. All answers go to the sender.</para>
/// <para>A requester that may be restarted, or lose an answer, gives its request an <see cref="IJobRequest.RequestId"/>: sending a request with that id again
/// yields the result of the same job, and so does <see cref="GetResult"/>.</para>
/// <para>Messages to another node are bounded in size: a result with very many ranges carries the first ones, and the number of those omitted.</para>
/// </remarks>
public static class KcopydProtocol
{
    /// <summary>A request that a client accepts.</summary>
    public interface IKcopydRequest;

    /// <summary>An answer that a client sends.</summary>
    public interface IKcopydResponse;

    /// <summary>A request for a job.</summary>
    public interface IJobRequest : IKcopydRequest
    {
        /// <summary>Returned in every answer. Between nodes it keeps its type, or the request is refused.</summary>
        object? Context { get; }

        /// <summary>True to receive a <see cref="JobAccepted"/> before the result: it contains the id for cancelling and pausing the job.</summary>
        bool Acknowledge { get; }

        /// <summary>Identifies this request, even when it is sent again; a GUID, for example. Null for a request that is sent only once.</summary>
        string? RequestId { get; }
    }

    /// <summary>A run of 512-byte sectors on a device of the node that runs the job.</summary>
    /// <param name="Device">A name in that node's registry.</param>
    /// <param name="Sector">First sector of 512 bytes.</param>
    /// <param name="Count">Number of sectors.</param>
    public sealed record DeviceRegion(string Device, long Sector, long Count);

    /// <summary>Copies a region to one or more others.</summary>
    /// <param name="From">Source.</param>
    /// <param name="To">Destinations, each with the source's count.</param>
    /// <param name="Flags">Options of the job.</param>
    /// <param name="Context">Returned in every answer.</param>
    public sealed record Copy(DeviceRegion From, IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IJobRequest
    {
        /// <inheritdoc/>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, sent along with it.</summary>
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
    /// <param name="Flags">Options of the job.</param>
    /// <param name="Context">Returned in every answer.</param>
    public sealed record Zero(IReadOnlyList<DeviceRegion> To, CopyFlags Flags = CopyFlags.None, object? Context = null) : IJobRequest
    {
        /// <inheritdoc/>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, sent along with it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;

        /// <inheritdoc/>
        public bool Acknowledge { get; init; }

        /// <inheritdoc/>
        public string? RequestId { get; init; }

        /// <summary>Destinations, all with the same count.</summary>
        public IReadOnlyList<DeviceRegion> To { get; init; } = WireList.Of(To);
    }

    /// <summary>Asks for the outcome of a request. Answered by its <see cref="CopyResult"/>, by <see cref="JobProgress"/> while the job is waiting or
    /// running, or by <see cref="RequestNotFound"/>.</summary>
    /// <param name="RequestId">The id of the request.</param>
    public sealed record GetResult(string RequestId) : IKcopydRequest;

    /// <summary>Cancels a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>; the job is notified as usual.</summary>
    public sealed record CancelJob(long JobId) : IKcopydRequest;

    /// <summary>Limits a job's time, counted from now. When it expires, the job is cancelled and does not wait for devices: I/O that they have not completed
    /// fails with <see cref="IoError.TimedOut"/>. The last deadline set applies. Answered by <see cref="Done"/>, <see cref="JobNotFound"/> or
    /// <see cref="Refused"/>.</summary>
    /// <param name="JobId">The job's id.</param>
    /// <param name="Time">Greater than zero.</param>
    public sealed record SetDeadline(long JobId, TimeSpan Time) : IKcopydRequest;

    /// <summary>Pauses a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record PauseJob(long JobId) : IKcopydRequest;

    /// <summary>Resumes a job. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record ResumeJob(long JobId) : IKcopydRequest;

    /// <summary>Answered by <see cref="JobProgress"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record GetProgress(long JobId) : IKcopydRequest;

    /// <summary>Sends <see cref="JobProgress"/> to the subscriber, at most once per interval, until the job is done. Answered by <see cref="Done"/>,
    /// <see cref="JobNotFound"/> or <see cref="Refused"/>.</summary>
    public sealed record SubscribeProgress(long JobId, TimeSpan Interval, IActorRef Subscriber) : IKcopydRequest;

    /// <summary>Ends an actor's subscriptions to a job; does nothing if it has none. Answered by <see cref="Done"/> or <see cref="JobNotFound"/>.</summary>
    public sealed record UnsubscribeProgress(long JobId, IActorRef Subscriber) : IKcopydRequest;

    /// <summary>Answered by <see cref="ClientStatus"/>.</summary>
    public sealed record GetStatus : IKcopydRequest
    {
        /// <summary>The only instance.</summary>
        public static GetStatus Instance { get; } = new();
    }

    /// <summary>Changes the client's throughput limits, starting with the next sub-job. Answered by <see cref="Done"/> or <see cref="Refused"/>.</summary>
    /// <param name="Percent">Percentage of time with I/O in flight, 1 to 100.</param>
    /// <param name="BytesPerSecond">Bytes read per second; 0 means no limit.</param>
    public sealed record SetThrottle(int Percent, long BytesPerSecond) : IKcopydRequest;

    /// <summary>Destroys the client: it refuses new work, waits for every job and outstanding callback, then stops. Answered by
    /// <see cref="ClientDestroyed"/>, or by <see cref="Refused"/> if the client is one of the system's own, which is shared and is destroyed when the system
    /// shuts down.</summary>
    public sealed record Destroy : IKcopydRequest
    {
        /// <summary>The only instance.</summary>
        public static Destroy Instance { get; } = new();
    }

    /// <summary>The job is admitted.</summary>
    /// <param name="JobId">Its id.</param>
    /// <param name="Context">The context of the request.</param>
    public sealed record JobAccepted(long JobId, object? Context) : IKcopydResponse
    {
        /// <summary>The request's context.</summary>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, sent along with it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;
    }

    /// <summary>The job was refused; nothing was read or written, and no result follows.</summary>
    /// <param name="Argument">The argument at fault (<c>from</c>, <c>to[2]</c>, …); null if no argument is at fault.</param>
    /// <param name="Reason">The reason, and the remedy.</param>
    /// <param name="Context">The context of the request.</param>
    public sealed record JobRefused(string? Argument, string Reason, object? Context) : IKcopydResponse
    {
        /// <summary>The request's context.</summary>
        public object? Context { get => WireContext.Restore(field, _contextType); init; } = Context;

        /// <summary>The context's type, sent along with it.</summary>
        public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

        private readonly string? _contextType;
    }

    /// <summary>No request with that id is known: it never arrived, or it was done so long ago that its result is no longer kept
    /// (<c>remembered-results</c>).</summary>
    /// <param name="RequestId">The id.</param>
    public sealed record RequestNotFound(string RequestId) : IKcopydResponse;

    /// <summary>The job does not exist, or is done.</summary>
    public sealed record JobNotFound(long JobId) : IKcopydResponse;

    /// <summary>The request has been carried out.</summary>
    public sealed record Done : IKcopydResponse
    {
        /// <summary>The only instance.</summary>
        public static Done Instance { get; } = new();
    }

    /// <summary>A request was refused.</summary>
    /// <param name="Reason">The reason, and the remedy.</param>
    public sealed record Refused(string Reason) : IKcopydResponse;

    /// <summary>The client is destroyed: everything was notified.</summary>
    public sealed record ClientDestroyed(string Name) : IKcopydResponse;
}
