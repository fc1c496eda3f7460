using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// The handle of a client: thread-safe and stateless. Every callback of a client runs on its actor, one at a time and never on the caller's stack, so state
/// that the callbacks share needs no lock.
/// </summary>
/// <remarks>
/// Create a client with <see cref="KcopydExtension.CreateClient"/> on an <see cref="ActorSystem"/> or, as a child, on an actor's context; share the system's
/// with <see cref="KcopydExtension.GetClient"/>, or have it injected. Every method may be called from any thread, including from callbacks, and returns at
/// once.
/// </remarks>
public sealed class KcopydClient : IAsyncDisposable
{
    private readonly Func<ClientCore, ClientCore>? _replace;
    private volatile ClientCore _core;

    /// <param name="core">The client behind the handle.</param>
    /// <param name="replace">For a shared client: returns the replacement for a core whose actor is gone, or the same core if the system is
    /// terminating.</param>
    internal KcopydClient(ClientCore core, Func<ClientCore, ClientCore>? replace = null)
    {
        _core = core;
        _replace = replace;
    }

    internal Completions Completions => _core.Completions;

    private ClientCore Core => _replace is null || !_core.Gate.IsGone ? _core : _core = _replace(_core);

    /// <summary>The client's name.</summary>
    public string Name => Core.Name;

    /// <summary>The actor itself; it accepts <see cref="KcopydProtocol"/>.</summary>
    public IActorRef Actor => Core.Actor;

    /// <summary>The client's throughput limits, which can change while jobs run; may be shared with other clients.</summary>
    public KcopydThrottle Throttle => Core.Throttle;

    /// <summary>The settings that the client was created with.</summary>
    public KcopydSettings Settings => Core.Settings;

    /// <summary>True once the client's destruction has begun.</summary>
    public bool IsClosed => Core.Gate.IsClosed;

    /// <summary>Copies a region to one or more others; the actor receives one <see cref="CopyResult"/>.</summary>
    /// <param name="from">Source.</param>
    /// <param name="to">Destinations, each with the source's count; the bits of the result are in this order.</param>
    /// <param name="flags">Options of the job.</param>
    /// <param name="notify">The actor that receives the result.</param>
    /// <param name="context">Returned in the result.</param>
    /// <exception cref="ArgumentException">A region is invalid; the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding jobs is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, IActorRef notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>Like the overload with an actor; the delegate runs inside the client. Allocates nothing for the result.</summary>
    /// <inheritdoc cref="Copy(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyNotify notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>Like the overload with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Copy(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyResultNotify notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>The awaitable form. I/O errors are reported in the result, not thrown.</summary>
    /// <param name="from">Source.</param>
    /// <param name="to">Destinations, each with the source's count.</param>
    /// <param name="flags">Options of the job.</param>
    /// <param name="cancellationToken">Cancels the job; the task then ends with <see cref="CopyCancelledException"/> once the I/O in flight has
    /// finished.</param>
    /// <exception cref="ArgumentException">A region is invalid; the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding jobs is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public Task<CopyResult> CopyAsync(
        IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags = CopyFlags.None, CancellationToken cancellationToken = default) =>
        CopyAsync(from, to, flags, out _, cancellationToken);

    /// <summary>The awaitable form, with the job, for pausing it or watching its progress.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> CopyAsync(
        IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, out KcopydJob job, CancellationToken cancellationToken = default)
    {
        var awaited = new AwaitedCopy(_core.Completions, cancellationToken);
        job = Copy(from, to, flags, new Notification(awaited, null));
        awaited.CancelWith(job);
        return awaited.Task;
    }

    /// <summary>Zeroes one or more regions, with the device's native write-zeroes where available; the actor receives one <see cref="CopyResult"/>.</summary>
    /// <param name="to">Destinations, all with the same count; a last sector that is partial on one device must have the same number of bytes on every
    /// device.</param>
    /// <param name="flags">Options of the job.</param>
    /// <param name="notify">The actor that receives the result.</param>
    /// <param name="context">Returned in the result.</param>
    /// <exception cref="ArgumentException">A region is invalid; the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding jobs is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, IActorRef notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>Like the overload with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Zero(ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyNotify notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>Like the overload with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Zero(ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyResultNotify notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>The awaitable form. I/O errors are reported in the result, not thrown.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> ZeroAsync(ReadOnlySpan<IoRegion> to, CopyFlags flags = CopyFlags.None, CancellationToken cancellationToken = default) =>
        ZeroAsync(to, flags, out _, cancellationToken);

    /// <summary>The awaitable form, with the job, for pausing it or watching its progress.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> ZeroAsync(ReadOnlySpan<IoRegion> to, CopyFlags flags, out KcopydJob job, CancellationToken cancellationToken = default)
    {
        var awaited = new AwaitedCopy(_core.Completions, cancellationToken);
        job = Zero(to, flags, new Notification(awaited, null));
        awaited.CancelWith(job);
        return awaited.Task;
    }

    /// <summary>Allocates a reply token; the actor receives one <see cref="CopyResult"/> when it is fired.</summary>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding tokens is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public PreparedCallback PrepareCallback(IActorRef notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <summary>Allocates a reply token whose delegate runs inside the client when it is fired.</summary>
    /// <exception cref="KcopydQueueFullException">The limit on outstanding tokens is reached.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public PreparedCallback PrepareCallback(CopyNotify notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <inheritdoc cref="PrepareCallback(CopyNotify, object?)"/>
    public PreparedCallback PrepareCallback(CopyResultNotify notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <summary>Gets a job by its id, for cancelling it, pausing it or watching its progress.</summary>
    public KcopydJob GetJob(long jobId) => new(this, jobId);

    /// <summary>Returns what the client is doing, and what its destruction would wait for.</summary>
    /// <exception cref="KcopydClientClosedException">The client is destroyed.</exception>
    public async Task<ClientStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        await AskStatusAsync(cancellationToken).ConfigureAwait(false)
        ?? throw new KcopydClientClosedException($"Client '{Name}' is destroyed; it no longer waits for anything.");

    /// <summary>
    /// Completes when every callback that is due now has run: those of jobs whose last completion has reached the client, and those of prepared callbacks
    /// that were fired. It does not wait for running jobs, and does not flush devices.
    /// </summary>
    public Task FlushCallbacksAsync(CancellationToken cancellationToken = default) => AskStatusAsync(cancellationToken);

    /// <summary>
    /// Destroys the client: it refuses new work at once, and the task completes when every job and every outstanding prepared callback has been notified and
    /// the actor is gone. Until then <see cref="GetStatusAsync"/> reports what it waits for. May be called repeatedly.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client is one of the system's own (<see cref="KcopydExtension.GetClient"/>): it is shared, and the
    /// system destroys it when it shuts down.</exception>
    public Task DestroyAsync() => _replace is null
        ? CloseAsync()
        : throw new InvalidOperationException($"Client '{Name}' is one of the system's own: it is shared and is destroyed when the system shuts down. "
            + "Destroy only clients that you create.");

    internal Task CloseAsync()
    {
        var core = _core;
        if (core.Gate.Close())
            core.Actor.Tell(CloseClient.Instance, ActorRefs.NoSender);
        return core.Destroyed.Task;
    }

    /// <summary>
    /// The same as <see cref="DestroyAsync"/> for a client that you created. The system's own clients (<see cref="KcopydExtension.GetClient"/>, and those
    /// that are injected) are shared, and disposing such a handle does nothing: the system destroys them when it shuts down.
    /// </summary>
    public ValueTask DisposeAsync() => _replace is not null ? ValueTask.CompletedTask : new(CloseAsync());

    /// <summary>Null if the client accepts a job and a prepared callback now; otherwise the reason.</summary>
    internal string? WhyNotReady() => Core.Gate switch
    {
        { IsClosed: true } => $"Client '{Name}' is destroyed or being destroyed.",
        var gate when gate.Jobs >= gate.MaxJobs => $"Client '{Name}' has {gate.Jobs} jobs, which is the limit (max-jobs).",
        var gate when gate.Callbacks >= gate.MaxCallbacks =>
            $"Client '{Name}' has {gate.Callbacks} prepared callbacks outstanding, which is the limit (max-prepared-callbacks).",
        _ => null,
    };

    internal Task<JobProgress?> GetProgressAsync(long jobId, CancellationToken cancellationToken) =>
        AskAsync<JobProgress?>(answer => new AskProgress(jobId, answer), cancellationToken);

    private Task<ClientStatus?> AskStatusAsync(CancellationToken cancellationToken) =>
        AskAsync<ClientStatus>(static answer => new AskStatus(answer), cancellationToken);

    // An actor that is gone does not answer: the result is then null.
    private async Task<T?> AskAsync<T>(Func<Completion<T>, object> question, CancellationToken cancellationToken)
    {
        var core = _core;
        var answer = new Completion<T>(core.Completions);
        return await core.Actor.AskAsync(answer, question(answer), core.Destroyed.Task, cancellationToken).ConfigureAwait(false)
            ? await answer.Task.ConfigureAwait(false)
            : default;
    }

    private KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, Notification notification) =>
        new(this, Core.Submit(JobSpec.Copy(from, to, flags, Settings.MaxDestinations, notification)));

    private KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, Notification notification) =>
        new(this, Core.Submit(JobSpec.Zero(to, flags, Settings.MaxDestinations, notification)));

    private static Notification To(object notify, object? context)
    {
        ArgumentNullException.ThrowIfNull(notify);
        return new Notification(notify, context);
    }
}
