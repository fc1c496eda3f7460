using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The read path. Used by the mirror's actor only.</summary>
/// <remarks>
/// A range in sync is read from the leg with the fewest I/Os in flight, and from another one if that fails. A range that is not in sync is read from the source
/// only; and so is one with a write in flight, so that of two reads the second never sees older data.
/// </remarks>
internal sealed class MirrorReads(
    MirrorLegs legs, MirrorRegions regions, RangeLocks<MirrorWrite> writes, LegIos ios, MirrorRepairs repairs, MirrorNews news, MirrorAnswers answers)
    : IIoOwner
{
    public void Begin(MirrorRequest request)
    {
        var end = request.Offset + request.Length;
        var leg = regions.AreInSync(request.Offset, end) && writes.HolderOf(request.Offset, end) is null ? legs.Pick(tried: 0) : legs.Source;
        regions.Want(request.Offset, end);
        Start(request, leg, done: 0);
    }

    void IIoOwner.Ended(DeviceIo ended)
    {
        var io = (LegIo)ended;
        var (request, leg, error, done) = (io.Read!, io.Leg, io.Error, io.Offset + io.Bytes - io.Read!.Offset);
        ios.Return(io);
        if (error == IoError.None)
        {
            answers.End(request);
            return;
        }
        Failed(request, leg, error, done);
    }

    private void Failed(MirrorRequest request, int leg, IoError error, long done)
    {
        var (from, end) = (request.Offset + done, request.Offset + request.Length);
        legs[leg].ReadErrors++;
        legs[leg].Had(MirrorLegHealth.Read);
        request.Tried |= 1u << leg;
        var other = regions.AreInSync(from, end) ? legs.Pick(request.Tried) : -1;
        news.ReadFailed(legs, leg, from, error, other);
        if (other < 0)
        {
            request.Fail(error, done);
            answers.End(request);
            return;
        }
        repairs.Add(leg, from, end);
        Start(request, other, done);
    }

    private void Start(MirrorRequest request, int leg, long done)
    {
        var io = ios.Take(this, leg);
        (io.Read, io.Operation, io.Offset, io.Length) = (request, DeviceOperation.Read, request.Offset + done, request.Length - done);
        io.Memory = request.Memory.Slice((int)done, (int)io.Length);
        ios.Start(io);
    }
}
