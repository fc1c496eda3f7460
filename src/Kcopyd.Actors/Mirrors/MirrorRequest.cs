using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>An I/O on a mirror.</summary>
internal sealed class MirrorRequest(MirrorCore mirror) : DeviceRequest<MirrorRequest>(mirror)
{
    /// <summary>For a read: a bit for each leg that could not answer it.</summary>
    public uint Tried { get; set; }

    protected override void Free()
    {
        Tried = 0;
        base.Free();
    }
}
