using Akka.Actor;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>What the handle of a server (any thread) and its actor share.</summary>
internal sealed class ServerCore(NbdServerOptions options, NbdServerSettings settings, IReadOnlyList<ITransportListener> listeners)
{
    public NbdServerOptions Options { get; } = options;

    public NbdServerSettings Settings { get; } = settings;

    public IReadOnlyList<ITransportListener> Listeners { get; } = listeners;

    public ExportTable Exports { get; } = new();

    public SharedMemory Memory { get; } = new(settings.MaxBytes);

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Completes when nobody is connected any more and every device is flushed, or the server has given up waiting for one.</summary>
    public TaskCompletionSource<StopOutcome> Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How a server ended.</summary>
/// <param name="Failed">What could not be flushed; null if all was.</param>
/// <param name="Hung">What a device has not answered in time; null if it answered all.</param>
internal sealed record StopOutcome(string? Failed, string? Hung)
{
    /// <exception cref="IOException">A device could not be flushed.</exception>
    /// <exception cref="TimeoutException">A device did not answer in time.</exception>
    public void ThrowIfFailed()
    {
        if (Hung is not null)
            throw new TimeoutException(Failed is null ? Hung : $"{Hung} {Failed}");
        if (Failed is not null)
            throw new IOException(Failed);
    }
}
