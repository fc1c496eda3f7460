using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Mirrors;

/// <summary>An I/O on one leg.</summary>
internal sealed class LegIo : DeviceIo
{
    public int Leg { get; set; }

    /// <summary>The write that it is part of; null for a read.</summary>
    public MirrorWrite? Write { get; set; }

    /// <summary>The read that it answers; null for a write.</summary>
    public MirrorRequest? Read { get; set; }
}

/// <summary>Starts I/Os on legs, and counts those in flight. Used by the mirror's actor only.</summary>
internal sealed class LegIos(MirrorLegs legs, IIoWorkers workers)
{
    private readonly Stack<LegIo> _free = new();

    public LegIo Take(IIoOwner owner, int leg)
    {
        if (!_free.TryPop(out var io))
            io = new LegIo();
        (io.Owner, io.Leg, io.Device) = (owner, leg, legs[leg].Device!);
        return io;
    }

    public void Start(LegIo io)
    {
        legs[io.Leg].Outstanding++;
        workers.Start(io);
    }

    /// <summary>Takes an I/O back that has ended.</summary>
    public void Return(LegIo io)
    {
        legs[io.Leg].Outstanding--;
        (io.Write, io.Read, io.Memory) = (null, null, default);
        _free.Push(io);
    }
}
