using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.BlockIo;

/// <summary>Runs an actor's I/Os concurrently: each to its end, with as many calls to the device as that takes, and then the I/Os that follow it. Used by that
/// actor only.</summary>
/// <remarks>
/// Invariants: each started I/O returns to its owner once, in the actor's turn; the number of I/Os at devices that may block is limited. Further ones wait in
/// order.
/// </remarks>
/// <param name="context">The actor's context.</param>
/// <param name="maxBlocking">Maximum number of I/Os at devices that may block.</param>
/// <param name="endsAtOnce">True if an I/O may return to its owner before <see cref="Start"/> returns.</param>
internal sealed class IoWorkers(IActorContext context, int maxBlocking, bool endsAtOnce = false) : IIoWorkers
{
    private const int MaxBytesPerCall = 1 << 30;     // bytes of one call; only operations without memory are longer

    private readonly ILoggingAdapter _log = context.GetLogger();
    private readonly IActorRef _owner = context.Self;
    private readonly MessageDispatcher _dispatcher = context.Dispatcher;
    private readonly DeviceIo _turn = new();    // message for the I/Os that completed during Start
    private LinkedQueue<DeviceIo> _ended;
    private LinkedQueue<DeviceIo> _waiting;                   // for an I/O that may block to end
    private int _counted;
    private bool _hasTurn;

    /// <summary>Starts an I/O. Its end arrives as a message to the actor, which passes it to <see cref="Ended"/>; or, with <c>endsAtOnce</c> and if the device
    /// has already completed it, the I/O returns to its owner before this method returns.</summary>
    public void Start(DeviceIo io)
    {
        io.IsCounted = !IsPrompt(io);
        if (io.IsCounted && _counted == maxBlocking)
            _waiting.Add(io);
        else
            Call(io);
    }

    /// <summary>Processes such a message, in the actor's turn: a device has completed a call of one or several I/Os.</summary>
    public void Ended(DeviceIo io)
    {
        if (io == _turn)
        {
            EndAll();
            return;
        }
        for (DeviceIo? each = io; each is not null;)
        {
            var next = each.Following;
            each.Following = null;
            Completed(each);
            each = next;
        }
    }

    private static bool IsPrompt(DeviceIo io)
    {
        for (DeviceIo? each = io; each is not null; each = each.Then)
        {
            if (!each.Device.IsPrompt(each.Operation))
                return false;
        }
        return true;
    }

    private void Call(DeviceIo io)
    {
        _counted += io.IsCounted ? 1 : 0;
        Begin(io, io);
        if (!Drive(io))
            return;
        if (endsAtOnce)
        {
            End(io);
            return;
        }
        _ended.Add(io);
        if (_hasTurn)
            return;
        _hasTurn = true;
        _owner.Tell(_turn, ActorRefs.NoSender);
    }

    private void EndAll()
    {
        _hasTurn = false;
        var ended = _ended;
        _ended = default;       // I/Os that end because of this get another message
        while (ended.TryTake(out var io))
            End(io);
    }

    private void Completed(DeviceIo first)
    {
        if (!TakeResult(first) || Drive(first))
            End(first);
    }

    private void End(DeviceIo io)
    {
        if (io.IsCounted)
        {
            _counted--;
            if (_waiting.TryTake(out var next))
                Call(next);
        }
        io.Owner.Ended(io);
    }

    private static void Begin(DeviceIo first, DeviceIo io)
    {
        first.Current = io;
        (io.Bytes, io.Error) = (0, IoError.None);
        io.WritesZeroes = io.Operation is DeviceOperation.Zero or DeviceOperation.Punch && (io.Device.Features & DeviceFeatures.WriteZeroes) == 0;
    }

    /// <returns>True if the I/O has ended, with all that follow it.</returns>
    private bool Drive(DeviceIo first)
    {
        do
        {
            var io = first.Current;
            first.IsAnswered = first.Then is null && io.Device is IActorDevice device && device.TryTake(io, _owner);
            if (first.IsAnswered)
                return false;
            var call = first.Call(_owner, _dispatcher);
            Prepare(call, io);
            if (!call.Start())
                return false;
        }
        while (TakeResult(first));
        return true;
    }

    private static void Prepare(DeviceCall call, DeviceIo io)
    {
        var at = io.Offset + io.Bytes;
        var bytes = (int)Math.Min(io.Length - io.Bytes, MaxBytesPerCall);
        switch (io.Operation)
        {
            case DeviceOperation.Read:
                call.Read(io.Device, at, io.Memory.Slice((int)io.Bytes, bytes));
                break;
            case DeviceOperation.Write:
                call.Write(io.Device, at, io.Memory.Slice((int)io.Bytes, bytes));
                break;
            case DeviceOperation.Zero or DeviceOperation.Punch when io.WritesZeroes:
                call.Write(io.Device, at, ZeroPages.Memory[..Math.Min(bytes, ZeroPages.Memory.Length)]);
                break;
            case DeviceOperation.Map:
                call.Prepare(io.Operation, io.Device, at, io.Length);
                break;
            default:
                call.Prepare(io.Operation, io.Device, at, bytes);
                break;
        }
    }

    /// <returns>True if there is more to do: of the same I/O, or of one that follows it.</returns>
    private bool TakeResult(DeviceIo first)
    {
        try
        {
            return Add(first, first.IsAnswered ? first.Answer : first.Call(_owner, _dispatcher).TakeResult());
        }
        catch (Exception exception)
        {
            _log.Error(exception, "Device {0} threw an exception.", first.Current.Device.Name);
            first.Error = IoError.WorkerCrashed;
            return false;
        }
    }

    private bool Add(DeviceIo first, IoResult result)
    {
        var io = first.Current;
        if (io.Operation == DeviceOperation.Map)
        {
            (io.Bytes, io.IsZero, first.Error) = first.Call(_owner, _dispatcher).Extent;
            return false;
        }
        if ((ulong)result.Bytes > (ulong)(io.Length - io.Bytes))
        {
            throw new InvalidOperationException(
                $"The device reported {result.Bytes} bytes transferred for a request of {io.Length - io.Bytes} bytes; the device is broken.");
        }
        io.Bytes += result.Bytes;
        if (result.Error == IoError.NotSupported && !io.WritesZeroes && io.Operation is DeviceOperation.Zero or DeviceOperation.Punch)
            return io.WritesZeroes = true;
        if (io.Bytes < io.Length && result is { IsSuccess: true, Bytes: > 0 })
            return true;
        first.Error = !result.IsSuccess ? result.Error : io.Bytes < io.Length ? IoError.EndOfDevice : IoError.None;
        if (first.Error != IoError.None || io.Then is not { } then)
            return false;
        Begin(first, then);
        return true;
    }
}
