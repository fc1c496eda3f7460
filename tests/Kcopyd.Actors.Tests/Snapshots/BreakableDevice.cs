using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Fails while it is broken: a spec that says when does not depend on how many I/Os come before.</summary>
internal sealed class BreakableDevice(IBlockDevice inner, IoOperations operations) : ErrorLayer(inner, IoError.Io, operations)
{
    private volatile bool _isBroken;

    public bool IsBroken
    {
        get => _isBroken;
        set => _isBroken = value;
    }

    protected override bool Fails(IoOperations operation, long offset, long length) => _isBroken;
}

/// <summary>Tells whether it was disposed. What is beneath stays open.</summary>
internal sealed class DisposalProbe(IBlockDevice inner) : DeviceLayer(inner, leaveOpen: true)
{
    private volatile bool _isDisposed;

    public bool IsDisposed => _isDisposed;

    public override ValueTask DisposeAsync()
    {
        _isDisposed = true;
        return base.DisposeAsync();
    }
}

internal static class StoreBytes
{
    /// <summary>What the header on the device says.</summary>
    public static bool SaysThatItIsValid(this MemoryBlockDevice cow) => StoreHeader.Read(cow.Bytes) is { Magic: StoreHeader.SnapMagic, Valid: 1 };
}
