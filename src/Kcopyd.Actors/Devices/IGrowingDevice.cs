namespace Kcopyd.Actors.Devices;

/// <summary>A device whose length may grow while it is open.</summary>
internal interface IGrowingDevice
{
    /// <summary>True if <see cref="GrowAsync"/> can make it larger.</summary>
    bool CanGrow { get; }

    /// <summary>Asks how long it is now, which <see cref="IBlockDevice.Length"/> tells from then on. It never becomes shorter by that. A call of the kernel
    /// that does not wait for a medium.</summary>
    void Refresh();

    /// <summary>Makes it that long, with the space for it reserved where the file system can. May block. Does nothing if it is that long already.</summary>
    /// <param name="length">Bytes.</param>
    ValueTask<IoResult> GrowAsync(long length);
}
