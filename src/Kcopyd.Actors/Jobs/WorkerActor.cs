using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Drives the I/O of one message after another: issue, look at the result, issue the next, until the message is done. An I/O that is
/// complete when the device returns costs nothing more; one that is not comes back as a message that the worker owns.
/// </summary>
/// <remarks>
/// Invariant: every message that a worker takes is reported exactly once, also if the device throws: then the report comes first and
/// the worker dies after it. A worker that dies in another way (it was killed) reports nothing; the client, which watches it, accounts for it.
/// </remarks>
internal abstract class WorkerActor : UntypedActor
{
    private readonly IoCompleted _completed = new();
    private readonly Action _resume;
    private ConfiguredValueTaskAwaitable<IoResult>.ConfiguredValueTaskAwaiter _pending;
    private int _asked;

    protected WorkerActor()
    {
        var self = Self;
        _resume = () => self.Tell(_completed, ActorRefs.NoSender);
        Client = Context.Parent;
    }

    protected IActorRef Client { get; }

    /// <summary>True if the I/O transferred all that it was asked for. An error beside that is an error, but what comes next is untried.</summary>
    protected bool IsWhole(IoResult result) => result.Bytes == _asked;

    protected sealed override void OnReceive(object message)
    {
        try
        {
            if (message is IoCompleted)
            {
                var pending = _pending;
                _pending = default;
                if (!Completed(Plausible(pending.GetResult())))
                    return;
            }
            else if (!Begin(message))
            {
                return;
            }
            Drive();
        }
        catch (Exception)
        {
            Crashed();
            throw;
        }
    }

    /// <summary>Takes a message; false if there is nothing to issue (it is reported then).</summary>
    protected abstract bool Begin(object message);

    /// <summary>Issues the next I/O and says how many bytes it asks for.</summary>
    protected abstract ValueTask<IoResult> Issue(out int bytes);

    /// <summary>Takes the result; false if the message is done and reported. Nothing of it may be touched after the report.</summary>
    protected abstract bool Completed(IoResult result);

    /// <summary>Reports the message at hand as failed by <see cref="IoError.WorkerCrashed"/>.</summary>
    protected abstract void Crashed();

    private void Drive()
    {
        do
        {
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
            var awaiter = Issue(out _asked).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            if (!awaiter.IsCompleted)
            {
                _pending = awaiter;
                awaiter.UnsafeOnCompleted(_resume);
                return;
            }
            var result = Plausible(awaiter.GetResult());
            if (!Completed(result))
                return;
        }
        while (true);
    }

    // More bytes than asked for would run past the pages and past the region.
    private IoResult Plausible(IoResult result) => (ulong)result.Bytes <= (ulong)_asked
        ? result
        : throw new InvalidOperationException($"The device says that it transferred {result.Bytes} bytes of {_asked}; it is broken.");

    private sealed class IoCompleted : LinkedMessage;
}
