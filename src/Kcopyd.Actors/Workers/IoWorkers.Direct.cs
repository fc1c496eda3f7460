using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Workers;

/// <content>What a device does without blocking needs no worker: it is called from the owner's actor itself.</content>
internal sealed partial class IoWorkers
{
    private readonly IActorRef _owner = context.Self;
    private readonly DeviceIo _turn = new();    // the message at which those end that ended while the actor was at something else
    private IoQueue _ended;
    private bool _hasTurn;

    /// <summary>True if reads and writes of this device are called from the owner's actor.</summary>
    public static bool CallsDirectly(IBlockDevice device) => device is IPromptDevice { IsPrompt: true };

    private void EndAll()
    {
        _hasTurn = false;
        var ended = _ended;
        _ended = default;       // what ends because of this has its own turn
        while (ended.TryTake(out var io))
            End(io);
    }

    private static bool IsDirect(DeviceIo io)
    {
        for (DeviceIo? each = io; each is not null; each = each.Then)
        {
            var isDirect = each.Operation switch
            {
                DeviceOperation.Read or DeviceOperation.Write => CallsDirectly(each.Device),
                DeviceOperation.Flush => each.Device is IPromptDevice { IsFlushPrompt: true },
                _ => false,
            };
            if (!isDirect)
                return false;
        }
        return true;
    }

    private void Call(DeviceIo io)
    {
        io.IsDirect = true;
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

    /// <summary>The device has completed what it did not complete at once.</summary>
    private void Called(DeviceIo first)
    {
        var pending = first.Pending;
        first.Pending = default;
        bool isMore;
        try
        {
            isMore = Add(first, first.IsAnswered ? first.Answer : pending.GetResult());
        }
        catch (Exception exception)
        {
            isMore = Crashed(first, exception);
        }
        if (!isMore || Drive(first))
            End(first);
    }

    private static void End(DeviceIo io)
    {
        io.IsDirect = false;
        io.FireToken();
        io.Owner.Ended(io);
    }

    private static void Begin(DeviceIo first, DeviceIo io)
    {
        first.Current = io;
        (io.Bytes, io.Error) = (0, IoError.None);
    }

    /// <returns>True if it has ended, with all that comes after it.</returns>
    private bool Drive(DeviceIo first)
    {
        bool isMore;
        do
        {
            var io = first.Current;
            first.IsAnswered = first.Then is null && io.Device is IActorDevice device && device.TryTake(io, _owner);
            if (first.IsAnswered)
                return false;
            try
            {
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
                var awaiter = Issue(io).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                if (!awaiter.IsCompleted)
                {
                    first.Pending = awaiter;
                    awaiter.UnsafeOnCompleted(first.Completion(_owner));
                    return false;
                }
                isMore = Add(first, awaiter.GetResult());
            }
            catch (Exception exception)
            {
                isMore = Crashed(first, exception);
            }
        }
        while (isMore);
        return true;
    }

    private static ValueTask<IoResult> Issue(DeviceIo io)
    {
        var done = (int)io.Bytes;
        return io.Operation switch
        {
            DeviceOperation.Read => io.Device.ReadAsync(io.Offset + done, io.Memory[done..]),
            DeviceOperation.Write => io.Device.WriteAsync(io.Offset + done, io.Memory[done..]),
            _ => io.Device.FlushAsync(),
        };
    }

    /// <returns>True if there is more to do: of the same, or what comes after it.</returns>
    private static bool Add(DeviceIo first, IoResult result)
    {
        var io = first.Current;
        if ((ulong)result.Bytes > (ulong)(io.Length - io.Bytes))
            throw new InvalidOperationException($"The device says that it transferred {result.Bytes} bytes of {io.Length - io.Bytes}; it is broken.");
        io.Bytes += result.Bytes;
        if (io.Bytes < io.Length && result is { IsSuccess: true, Bytes: > 0 })
            return true;
        first.Error = !result.IsSuccess ? result.Error : io.Bytes < io.Length ? IoError.EndOfDevice : IoError.None;
        if (first.Error != IoError.None || io.Then is not { } then)
            return false;
        Begin(first, then);
        return true;
    }

    private bool Crashed(DeviceIo first, Exception exception)
    {
        _log.Error(exception, "The device {0} threw.", first.Current.Device.Name);
        first.Error = IoError.WorkerCrashed;
        return false;
    }
}
