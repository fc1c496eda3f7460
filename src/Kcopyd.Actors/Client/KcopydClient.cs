using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors;

/// <summary>
/// The handle of a client: thread-safe, without state of its own. Every callback of one client runs on its actor, one at a time, never
/// concurrently with another and never on the caller's stack, so that what the callbacks share needs no lock.
/// </summary>
/// <remarks>
/// Create it by <see cref="KcopydExtension.CreateClient"/> on an <see cref="ActorSystem"/> or, as a child, on an actor's context;
/// share the system's by <see cref="KcopydExtension.GetClient"/>, or have it injected. Every method may be called from any thread, callbacks included, and
/// returns at once.
/// </remarks>
public sealed class KcopydClient : IAsyncDisposable
{
    private readonly Func<ClientCore, ClientCore>? _replace;
    private volatile ClientCore _core;

    /// <param name="core">What is behind the handle.</param>
    /// <param name="replace">Of a shared client: what takes the place of a core whose actor is gone; the same core, if the system is ending.</param>
    internal KcopydClient(ClientCore core, Func<ClientCore, ClientCore>? replace = null)
    {
        _core = core;
        _replace = replace;
    }

    private ClientCore Core => _replace is null || !_core.Gate.IsGone ? _core : _core = _replace(_core);

    /// <summary>The client's name.</summary>
    public string Name => Core.Name;

    /// <summary>The actor itself; it speaks <see cref="KcopydProtocol"/>.</summary>
    public IActorRef Actor => Core.Actor;

    /// <summary>The client's limits, changeable while jobs run; may be shared with other clients.</summary>
    public KcopydThrottle Throttle => Core.Throttle;

    /// <summary>The settings that it was created with.</summary>
    public KcopydSettings Settings => Core.Settings;

    /// <summary>True once its destruction has begun.</summary>
    public bool IsClosed => Core.Gate.IsClosed;

    /// <summary>Copies a region to one or more; the actor is told one <see cref="CopyResult"/>.</summary>
    /// <param name="from">Source.</param>
    /// <param name="to">Destinations, each with the source's count; their order is that of the bits of the result.</param>
    /// <param name="flags">How.</param>
    /// <param name="notify">Who is told.</param>
    /// <param name="context">Comes back in the result.</param>
    /// <exception cref="ArgumentException">A region that cannot be right: the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">As many jobs are outstanding as may be.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, IActorRef notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>Like the form with an actor; the delegate runs inside the client. It allocates nothing for the result.</summary>
    /// <inheritdoc cref="Copy(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyNotify notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>Like the form with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Copy(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyResultNotify notify, object? context = null) =>
        Copy(from, to, flags, To(notify, context));

    /// <summary>The awaitable form. I/O errors are in the result; they are not thrown.</summary>
    /// <param name="from">Source.</param>
    /// <param name="to">Destinations, each with the source's count.</param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Cancels the job; the task then ends with <see cref="CopyCancelledException"/> after what is in flight has
    /// finished.</param>
    /// <exception cref="ArgumentException">A region that cannot be right: the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">As many jobs are outstanding as may be.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public Task<CopyResult> CopyAsync(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags = CopyFlags.None, CancellationToken cancellationToken = default) =>
        CopyAsync(from, to, flags, out _, cancellationToken);

    /// <summary>The awaitable form, with the job to pause it or to watch its progress.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> CopyAsync(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, out KcopydJob job, CancellationToken cancellationToken = default)
    {
        var awaited = new AwaitedCopy(cancellationToken);
        job = Copy(from, to, flags, new Notification(awaited, null));
        awaited.CancelWith(job);
        return awaited.Task;
    }

    /// <summary>Zeroes one or more regions, by the device's own write-zeroes where it has them; the actor is told one <see cref="CopyResult"/>.</summary>
    /// <param name="to">Destinations, all with the same count; a last sector that is partial on one device has as many bytes on every one.</param>
    /// <param name="flags">How.</param>
    /// <param name="notify">Who is told.</param>
    /// <param name="context">Comes back in the result.</param>
    /// <exception cref="ArgumentException">A region that cannot be right: the message names the argument and the remedy.</exception>
    /// <exception cref="KcopydQueueFullException">As many jobs are outstanding as may be.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, IActorRef notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>Like the form with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Zero(ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyNotify notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>Like the form with an actor; the delegate runs inside the client.</summary>
    /// <inheritdoc cref="Zero(ReadOnlySpan{IoRegion}, CopyFlags, IActorRef, object?)"/>
    public KcopydJob Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, CopyResultNotify notify, object? context = null) => Zero(to, flags, To(notify, context));

    /// <summary>The awaitable form. I/O errors are in the result; they are not thrown.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> ZeroAsync(ReadOnlySpan<IoRegion> to, CopyFlags flags = CopyFlags.None, CancellationToken cancellationToken = default) =>
        ZeroAsync(to, flags, out _, cancellationToken);

    /// <summary>The awaitable form, with the job to pause it or to watch its progress.</summary>
    /// <inheritdoc cref="CopyAsync(IoRegion, ReadOnlySpan{IoRegion}, CopyFlags, CancellationToken)"/>
    public Task<CopyResult> ZeroAsync(ReadOnlySpan<IoRegion> to, CopyFlags flags, out KcopydJob job, CancellationToken cancellationToken = default)
    {
        var awaited = new AwaitedCopy(cancellationToken);
        job = Zero(to, flags, new Notification(awaited, null));
        awaited.CancelWith(job);
        return awaited.Task;
    }

    /// <summary>Allocates a reply token; the actor is told one <see cref="CopyResult"/> when it is fired.</summary>
    /// <exception cref="KcopydQueueFullException">As many tokens are outstanding as may be.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public PreparedCallback PrepareCallback(IActorRef notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <summary>Allocates a reply token whose delegate runs inside the client when it is fired.</summary>
    /// <exception cref="KcopydQueueFullException">As many tokens are outstanding as may be.</exception>
    /// <exception cref="KcopydClientClosedException">The client is being destroyed.</exception>
    public PreparedCallback PrepareCallback(CopyNotify notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <inheritdoc cref="PrepareCallback(CopyNotify, object?)"/>
    public PreparedCallback PrepareCallback(CopyResultNotify notify, object? context = null) => new(Core.Prepare(To(notify, context)));

    /// <summary>A job by its number, to cancel it, to pause it or to watch its progress.</summary>
    public KcopydJob GetJob(long jobId) => new(this, jobId);

    /// <summary>What the client is doing, and what its destruction would wait for.</summary>
    /// <exception cref="KcopydClientClosedException">The client is destroyed: it waits for nothing.</exception>
    public async Task<ClientStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        await AskAsync(KcopydProtocol.GetStatus.Instance, cancellationToken).ConfigureAwait(false) as ClientStatus
        ?? throw new KcopydClientClosedException($"Client '{Name}' is destroyed: it waits for nothing.");

    /// <summary>
    /// Ends when every callback that is due now has run: those of jobs whose last I/O the client has been told of, and those of prepared
    /// callbacks that were fired. It does not wait for jobs that run, and has nothing to do with flushing devices.
    /// </summary>
    public Task FlushCallbacksAsync(CancellationToken cancellationToken = default) => AskAsync(KcopydProtocol.GetStatus.Instance, cancellationToken);

    /// <summary>
    /// Destroys the client: refuses new work at once; the task ends when every job and every outstanding prepared callback has been
    /// notified and the actor is gone. <see cref="GetStatusAsync"/> tells meanwhile what it waits for. May be called often.
    /// </summary>
    /// <exception cref="InvalidOperationException">The client is one of the system's own (<see cref="KcopydExtension.GetClient"/>), which others use: the
    /// system destroys it when it shuts down.</exception>
    public Task DestroyAsync() => _replace is null
        ? CloseAsync()
        : throw new InvalidOperationException($"Client '{Name}' is one of the system's own: others use it, and the system destroys it when it shuts down. Create one of your own to destroy it.");

    internal Task CloseAsync()
    {
        var core = _core;
        if (core.Gate.Close())
            core.Actor.Tell(CloseClient.Instance, ActorRefs.NoSender);
        return core.Destroyed.Task;
    }

    /// <summary>
    /// The same as <see cref="DestroyAsync"/> for who created the client. The system's own clients (<see cref="KcopydExtension.GetClient"/>, and
    /// those that are injected) are shared, and disposing such a handle does nothing: the system destroys them when it shuts down.
    /// </summary>
    public ValueTask DisposeAsync() => _replace is not null ? ValueTask.CompletedTask : new(CloseAsync());

    /// <summary>Null if the client takes a job and a prepared callback now.</summary>
    internal string? WhyNotReady() => Core.Gate switch
    {
        { IsClosed: true } => $"Client '{Name}' is destroyed or being destroyed.",
        var gate when gate.Jobs >= gate.MaxJobs => $"Client '{Name}' has {gate.Jobs} jobs, as many as may be (max-jobs).",
        var gate when gate.Callbacks >= gate.MaxCallbacks => $"Client '{Name}' has {gate.Callbacks} prepared callbacks outstanding, as many as may be (max-prepared-callbacks).",
        _ => null,
    };

    internal async Task<JobProgress?> GetProgressAsync(long jobId, CancellationToken cancellationToken) =>
        await AskAsync(new KcopydProtocol.GetProgress(jobId), cancellationToken).ConfigureAwait(false) as JobProgress;

    // An actor that is gone answers nothing: then the answer is null.
    private async Task<object?> AskAsync(object request, CancellationToken cancellationToken)
    {
        var core = _core;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = core.Actor.Ask(request, Timeout.InfiniteTimeSpan, gone.Token);
        if (await Task.WhenAny(answer, core.Destroyed.Task).ConfigureAwait(false) == answer)
            return await answer.ConfigureAwait(false);
        await gone.CancelAsync().ConfigureAwait(false);
        return null;
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
