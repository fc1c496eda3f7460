using Akka.Actor;

namespace Kcopyd.Actors.BlockIo;

/// <summary>
/// Drives the I/O of one message after another: call the device, look at the result, call it again, until the message is done. A call that is
/// complete when the device returns costs nothing more; one that is not, or that may block, comes back as a message.
/// </summary>
/// <remarks>
/// Invariant: every message that a worker takes is reported exactly once, also if the device throws: then the report comes first and
/// the worker dies after it. A worker that ends in another way (it was stopped, or killed) reports nothing; the client, which watches it, accounts for it.
/// No device blocks a worker: it ends at once, and leaves to the call what the call uses.
/// </remarks>
internal abstract class WorkerActor : UntypedActor
{
    protected WorkerActor()
    {
        Client = Context.Parent;
        Call = new DeviceCall(Self, Context.Dispatcher);
    }

    protected IActorRef Client { get; }

    protected DeviceCall Call { get; }

    /// <summary>True if the I/O transferred all that it was asked for. An error beside that is an error, but what comes next is untried.</summary>
    protected bool IsWhole(IoResult result) => result.Bytes == Call.Asked;

    protected sealed override void OnReceive(object message)
    {
        try
        {
            if (ReferenceEquals(message, Call) ? Completed(Call.TakeResult()) : Begin(message))
                Drive();
        }
        catch (Exception)
        {
            Crashed();
            throw;
        }
    }

    protected sealed override void PostStop() => Call.Leave(Client);

    /// <summary>Takes a message; false if there is nothing to call (it is reported then).</summary>
    protected abstract bool Begin(object message);

    /// <summary>Prepares the next call.</summary>
    protected abstract void Prepare();

    /// <summary>Takes the result; false if the message is done and reported. Nothing of it may be touched after the report.</summary>
    protected abstract bool Completed(IoResult result);

    /// <summary>Reports the message at hand as failed by <see cref="IoError.WorkerCrashed"/>.</summary>
    protected abstract void Crashed();

    private void Drive()
    {
        do Prepare();
        while (Call.Start() && Completed(Call.TakeResult()));
    }
}
