using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Fails its operations while it is broken: a spec sets the moment, whatever the number of I/Os before it.</summary>
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

/// <summary>Records whether it was disposed. The underlying device stays open.</summary>
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
    /// <summary>True if the header on the device marks the store as valid.</summary>
    public static bool SaysThatItIsValid(this MemoryBlockDevice cow) => StoreHeader.Read(cow.Bytes) is { Magic: StoreHeader.SnapMagic, Valid: 1 };
}
