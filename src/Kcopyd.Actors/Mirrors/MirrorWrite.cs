using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>An operation that goes to all legs in use: a write, a write of zeroes, a discard, or a flush. Recycled.</summary>
internal sealed class MirrorWrite : IRangeHolder<MirrorWrite>, IQueued<MirrorWrite>
{
    public MirrorWriteStage Stage { get; set; }

    public DeviceOperation Operation { get; set; }

    /// <summary>Bytes.</summary>
    public long Start { get; set; }

    public long End { get; set; }

    public Memory<byte> Memory { get; set; }

    /// <summary>The request to be answered; null for the mirror's own flush.</summary>
    public MirrorRequest? Request { get; set; }

    /// <summary>Receives the result of the mirror's own flush.</summary>
    public Action<IoError>? Ended { get; set; }

    /// <summary>Legs that have not answered.</summary>
    public int Pending { get; set; }

    /// <summary>A bit for each leg that failed.</summary>
    public uint Failed { get; set; }

    /// <summary>A bit for each leg that has done it.</summary>
    public uint Done { get; set; }

    public IoError Error { get; set; }

    /// <summary>Bytes that every leg has written.</summary>
    public long Bytes { get; set; }

    /// <summary>Writes of some of the same bytes, which wait until the legs have answered this one.</summary>
    public LinkedQueue<MirrorWrite> Waiting;

    public MirrorWrite? Following { get; set; }

    public MirrorWrite? Before { get; set; }

    public MirrorWrite? After { get; set; }
}

/// <summary>What a <see cref="MirrorWrite"/> waits for.</summary>
internal enum MirrorWriteStage
{
    /// <summary>For a copy of one of its regions, or for the log to mark them.</summary>
    Marking,
    /// <summary>For the legs.</summary>
    Writing,
    /// <summary>For the log to record that a leg has failed.</summary>
    Recording,
}
