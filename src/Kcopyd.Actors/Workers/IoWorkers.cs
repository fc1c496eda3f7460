using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Workers;

/// <summary>
/// The I/O workers of an actor, its children, made when they are needed and used last in, first out. What finds none free waits
/// in order. Used by that actor only.
/// </summary>
/// <remarks>Invariant: each I/O that was started is given back to its owner once; that of a worker that dies, by its death.</remarks>
internal sealed partial class IoWorkers(IActorContext context, string dispatcher, int most, bool endsAtOnce = false)
{
    private readonly ILoggingAdapter _log = context.GetLogger();
    private readonly Stack<IoWorker> _idle = new();
    private readonly Props _props = IoActor.Props.On(dispatcher);
    private IoQueue _waiting;       // for a worker
    private int _alive;
    private long _made;

    /// <summary>Starts an I/O. Its owner is told of its end by a message to the actor, which gives it to <see cref="Ended"/>; or, if so asked for and the
    /// device has completed it already, before this returns.</summary>
    public void Start(DeviceIo io)
    {
        if (IsDirect(io))
        {
            Call(io);
            return;
        }
        if (_idle.TryPop(out var worker) || (worker = TrySpawn()) is not null)
        {
            Hand(io, worker);
            return;
        }
        _waiting.Add(io);
    }

    /// <summary>The actor's turn at such a message: a worker reported, or a device that was called without one, perhaps of several I/Os.</summary>
    public void Ended(DeviceIo io)
    {
        if (io == _turn)
        {
            EndAll();
            return;
        }
        for (DeviceIo? each = io; each is not null;)
        {
            var next = each.NextWaiting;
            each.NextWaiting = null;
            EndedOne(each);
            each = next;
        }
    }

    private void EndedOne(DeviceIo io)
    {
        if (io.IsDirect)
        {
            Called(io);
            return;
        }
        var worker = io.Worker!;
        io.Worker = null;
        worker.Current = null;
        if (io.Error != IoError.WorkerCrashed)      // then it is dying
            Free(worker);
        io.Owner.Ended(io);
    }

    /// <summary>A worker is gone. One that was killed has reported nothing.</summary>
    public void Died(IoWorker worker)
    {
        _alive--;
        if (worker.Current is { } lost)
        {
            worker.Current = null;
            lost.Worker = null;
            lost.Error = IoError.WorkerCrashed;
            lost.FireToken();
            lost.Owner.Ended(lost);
        }
        else
        {
            DropFromIdle(worker);
        }
        if (!_waiting.IsEmpty && TrySpawn() is { } next)
            Free(next);
    }

    private void Free(IoWorker worker)
    {
        if (_waiting.TryTake(out var io))
            Hand(io, worker);
        else
            _idle.Push(worker);
    }

    private static void Hand(DeviceIo io, IoWorker worker)
    {
        io.Worker = worker;
        worker.Current = io;
        worker.Actor.Tell(io, ActorRefs.NoSender);
    }

    private IoWorker? TrySpawn()
    {
        if (_alive == most)
            return null;
        _alive++;
        var actor = context.ActorOf(_props, "io-" + _made++.ToString(CultureInfo.InvariantCulture));
        var worker = new IoWorker(actor);
        context.WatchWith(actor, new IoWorkerDied(worker));
        return worker;
    }

    private void DropFromIdle(IoWorker worker)
    {
        if (!_idle.Contains(worker))
            return;
        var others = _idle.Where(other => other != worker).Reverse().ToArray();
        _idle.Clear();
        foreach (var other in others)
            _idle.Push(other);
    }
}

/// <summary>One I/O worker and what it is at.</summary>
internal sealed class IoWorker(IActorRef actor)
{
    public IActorRef Actor { get; } = actor;

    public DeviceIo? Current { get; set; }
}

/// <summary>An I/O worker is gone: its report, if it made one, has arrived before this.</summary>
internal sealed record IoWorkerDied(IoWorker Worker) : INoSerializationVerificationNeeded;
