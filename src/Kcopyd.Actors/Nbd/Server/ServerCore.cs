using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>State shared by the handle of a server (any thread) and its actor.</summary>
internal sealed class ServerCore(
    NbdServerOptions options, NbdServerSettings settings, IReadOnlyList<ITransportListener> listeners, Completions completions)
{
    public NbdServerOptions Options { get; } = options;

    public NbdServerSettings Settings { get; } = settings;

    public IReadOnlyList<ITransportListener> Listeners { get; } = listeners;

    public ExportTable Exports { get; } = new();

    public SharedMemory Memory { get; } = new(settings.MaxBytes);

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Completes when no client is connected and every device is flushed, or when the server has given up waiting for a device.</summary>
    public Completion<StopOutcome> Stopped { get; } = new(completions);

    /// <summary>Where the tasks complete that callers await.</summary>
    public Completions Completions => completions;
}

/// <summary>The outcome of stopping a server.</summary>
/// <param name="Failed">A message about failed flushes; null if there are none.</param>
/// <param name="Hung">A message about requests that devices did not complete in time; null if there are none.</param>
internal sealed record StopOutcome(string? Failed, string? Hung)
{
    /// <exception cref="IOException">A device could not be flushed.</exception>
    /// <exception cref="TimeoutException">A device did not respond in time.</exception>
    public void ThrowIfFailed()
    {
        if (Hung is not null)
            throw new TimeoutException(Failed is null ? Hung : $"{Hung} {Failed}");
        if (Failed is not null)
            throw new IOException(Failed);
    }
}
