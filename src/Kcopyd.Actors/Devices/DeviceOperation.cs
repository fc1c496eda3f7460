using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Devices;

internal enum DeviceOperation
{
    /// <summary>Nothing: what waits for the I/O's turn is told that it has come.</summary>
    None,
    Read,
    Write,
    /// <summary>By the device's own means, or by writing zeroes.</summary>
    Zero,
    /// <summary>The same, and the space is given back where the device can.</summary>
    Punch,
    /// <summary>By the device's own means, or not at all.</summary>
    FastZero,
    Discard,
    /// <summary>Becomes, by the device's own means, what is somewhere on another device.</summary>
    Clone,
    /// <summary>What is cached of a range is forgotten, so that it is read from the medium.</summary>
    Evict,
    Flush,
    /// <summary>The device becomes as long as the offset says, see <see cref="IGrowingDevice"/>.</summary>
    Grow,
    /// <summary>What begins at the offset, data or a hole: how long it is, and <see cref="DeviceIo.IsZero"/>.</summary>
    Map,
}
