using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>What the handle of a server (any thread) and its actor share.</summary>
internal sealed class ServerCore(NbdServerOptions options, NbdServerSettings settings, IReadOnlyList<Listener> listeners)
{
    public NbdServerOptions Options { get; } = options;

    public NbdServerSettings Settings { get; } = settings;

    public IReadOnlyList<Listener> Listeners { get; } = listeners;

    public ExportTable Exports { get; } = new();

    public SharedMemory Memory { get; } = new(settings.MaxBytes);

    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>Ends with the actor; with what could not be flushed, if it could not.</summary>
    public TaskCompletionSource<string?> Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
