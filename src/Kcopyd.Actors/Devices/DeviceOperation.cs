using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Devices;

internal enum DeviceOperation
{
    /// <summary>No device call: the owner is notified when the I/O's turn comes.</summary>
    None,
    Read,
    Write,
    /// <summary>Natively, or by writing zeroes.</summary>
    Zero,
    /// <summary>Like <see cref="Zero"/>, and releases the space where the device can.</summary>
    Punch,
    /// <summary>Natively, or not at all.</summary>
    FastZero,
    Discard,
    /// <summary>Natively makes the range equal to a range of another device.</summary>
    Clone,
    /// <summary>Drops the cached data of a range, so that it is read from the medium.</summary>
    Evict,
    Flush,
    /// <summary>Grows the device to the length given by the offset, see <see cref="IGrowingDevice"/>.</summary>
    Grow,
    /// <summary>Finds what begins at the offset, data or a hole: its length, and <see cref="DeviceIo.IsZero"/>.</summary>
    Map,
}
