namespace Kcopyd.Actors.Devices;

/// <summary>A device whose length may grow while it is open.</summary>
internal interface IGrowingDevice
{
    /// <summary>True if <see cref="GrowAsync"/> can make it larger.</summary>
    bool CanGrow { get; }

    /// <summary>Queries the current length, which <see cref="IBlockDevice.Length"/> returns from then on. The length never decreases. A system call that does
    /// not wait for a medium.</summary>
    void Refresh();

    /// <summary>Grows the device to a length, reserving the space where the file system can. May block. Does nothing if the device is already that
    /// long.</summary>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> GrowAsync(long length);
}
