using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Performs I/Os on devices in memory before <see cref="Start"/> returns, without an actor.</summary>
internal sealed class InlineWorkers : IIoWorkers
{
    /// <summary>The offsets of all writes, in order.</summary>
    public List<long> Writes { get; } = [];

    public void Start(DeviceIo first)
    {
        first.Error = IoError.None;
        for (DeviceIo? io = first; io is not null && first.Error == IoError.None; io = io.Then)
            first.Error = Do(io).Error;
        first.Owner.Ended(first);
    }

    private IoResult Do(DeviceIo io)
    {
        if (io.Operation == DeviceOperation.Write)
            Writes.Add(io.Offset);
#pragma warning disable CA2012 // devices in memory complete at once
        return io.Operation switch
        {
            DeviceOperation.Read => io.Device.ReadAsync(io.Offset, io.Memory).GetAwaiter().GetResult(),
            DeviceOperation.Write => io.Device.WriteAsync(io.Offset, io.Memory).GetAwaiter().GetResult(),
            _ => io.Device.FlushAsync().GetAwaiter().GetResult(),
        };
#pragma warning restore CA2012
    }
}
