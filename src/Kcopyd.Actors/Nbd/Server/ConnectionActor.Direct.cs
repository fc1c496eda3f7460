using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Workers;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>Reads and writes of a device that does not block are called from here: a worker in between would cost more than they do.</content>
internal sealed partial class ConnectionActor
{
    private void Call(RequestIo io)
    {
        (io.Bytes, io.Error) = (0, IoError.None);
        Drive(io);
    }

    // The device has completed what it did not complete at once.
    private void Completed(RequestIo io)
    {
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
        if (isMore)
            Drive(io);
        else
            ((IIoOwner)this).Ended(io);
    }

    private void Drive(RequestIo io)
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
                    io.Pending = awaiter;
                    awaiter.UnsafeOnCompleted(io.OnCompleted);
                    return;
                }
                isMore = Add(io, awaiter.GetResult());
            }
            catch (Exception exception)
            {
                isMore = Crashed(io, exception);
            }
        }
        while (isMore);
        ((IIoOwner)this).Ended(io);
    }

    private static bool Add(RequestIo io, IoResult result)
    {
        if ((ulong)result.Bytes > (ulong)(io.Length - io.Bytes))
            throw new InvalidOperationException($"The device says that it transferred {result.Bytes} bytes of {io.Length - io.Bytes}; it is broken.");
        io.Bytes += result.Bytes;
        if (io.Bytes < io.Length && result is { IsSuccess: true, Bytes: > 0 })
            return true;
        io.Error = !result.IsSuccess ? result.Error : io.Bytes < io.Length ? IoError.EndOfDevice : IoError.None;
        return false;
    }

    private bool Crashed(RequestIo io, Exception exception)
    {
        Log.Error(exception, "Export '{0}': the device {1} threw.", Export.Name, io.Device.Name);
        io.Error = IoError.WorkerCrashed;
        return false;
    }
}
