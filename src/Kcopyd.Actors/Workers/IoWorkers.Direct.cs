using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Workers;

/// <content>Reads and writes of a device that does not block need no worker: they are called from the owner's actor itself.</content>
internal sealed partial class IoWorkers
{
    private readonly IActorRef _owner = context.Self;

    private static bool IsDirect(DeviceIo io) =>
        io is { Operation: DeviceOperation.Read or DeviceOperation.Write, Then: null, Device: IPromptDevice { IsPrompt: true } };

    private void Call(DeviceIo io)
    {
        (io.Bytes, io.Error) = (0, IoError.None);
        io.IsDirect = true;
        if (!Drive(io))
            return;
        if (endsAtOnce)
            End(io);
        else
            _owner.Tell(io, ActorRefs.NoSender);
    }

    /// <summary>The device has completed what it did not complete at once; or all of it, and it is told later.</summary>
    private void Called(DeviceIo io)
    {
        if (io.IsPending)
        {
            io.IsPending = false;
            var pending = io.Pending;
            io.Pending = default;
            bool isMore;
            try
            {
                isMore = Add(io, pending.GetResult());
            }
            catch (Exception exception)
            {
                isMore = Crashed(io, exception);
            }
            if (isMore && !Drive(io))
                return;
        }
        End(io);
    }

    private static void End(DeviceIo io)
    {
        io.IsDirect = false;
        io.FireToken();
        io.Owner.Ended(io);
    }

    /// <returns>True if it has ended.</returns>
    private bool Drive(DeviceIo io)
    {
        bool isMore;
        do
        {
            try
            {
                var done = (int)io.Bytes;
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
                var transfer = io.Operation == DeviceOperation.Read
                    ? io.Device.ReadAsync(io.Offset + done, io.Memory[done..])
                    : io.Device.WriteAsync(io.Offset + done, io.Memory[done..]);
#pragma warning restore CA2012
                var awaiter = transfer.ConfigureAwait(false).GetAwaiter();
                if (!awaiter.IsCompleted)
                {
                    (io.Pending, io.IsPending) = (awaiter, true);
                    awaiter.UnsafeOnCompleted(io.Completion(_owner));
                    return false;
                }
                isMore = Add(io, awaiter.GetResult());
            }
            catch (Exception exception)
            {
                isMore = Crashed(io, exception);
            }
        }
        while (isMore);
        return true;
    }

    private static bool Add(DeviceIo io, IoResult result)
    {
        if ((ulong)result.Bytes > (ulong)(io.Length - io.Bytes))
            throw new InvalidOperationException($"The device says that it transferred {result.Bytes} bytes of {io.Length - io.Bytes}; it is broken.");
        io.Bytes += result.Bytes;
        if (io.Bytes < io.Length && result is { IsSuccess: true, Bytes: > 0 })
            return true;
        io.Error = !result.IsSuccess ? result.Error : io.Bytes < io.Length ? IoError.EndOfDevice : IoError.None;
        return false;
    }

    private bool Crashed(DeviceIo io, Exception exception)
    {
        _log.Error(exception, "The device {0} threw.", io.Device.Name);
        io.Error = IoError.WorkerCrashed;
        return false;
    }
}
