using Akka.Actor;

namespace Kcopyd.Actors.BlockIo;

/// <summary>
/// Performs the I/O of one message after another: calls the device, checks the result and repeats until the message is done. A call that is complete when the
/// device returns has no further cost; one that is not, or that may block, returns as a message.
/// </summary>
/// <remarks>
/// Invariant: a worker reports every message that it takes exactly once, even if the device throws: it then reports first and dies afterwards. A worker that
/// ends in another way (stopped or killed) reports nothing; the client watches it and accounts for it. No device blocks a worker: it ends at once, and the call
/// keeps what it uses.
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

    /// <summary>True if the I/O transferred all requested bytes. An error may come with that; the bytes that follow have not been tried.</summary>
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

    /// <summary>Takes a message; false if it needs no call and has been reported.</summary>
    protected abstract bool Begin(object message);

    /// <summary>Prepares the next call.</summary>
    protected abstract void Prepare();

    /// <summary>Takes the result; false if the message is done and reported. The message must not be used after the report.</summary>
    protected abstract bool Completed(IoResult result);

    /// <summary>Reports the current message as failed with <see cref="IoError.WorkerCrashed"/>.</summary>
    protected abstract void Crashed();

    private void Drive()
    {
        do Prepare();
        while (Call.Start() && Completed(Call.TakeResult()));
    }
}
