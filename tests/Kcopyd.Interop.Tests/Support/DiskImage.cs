using Kcopyd.Actors;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A file that holds many small devices, one after the other, as one disk of the guest, which has only eight disks.</summary>
internal sealed class DiskImage(string path)
{
    private const int Unit = 4096;

    public string Path => path;

    /// <summary>Appends the content of a device.</summary>
    /// <returns>The position of the content, in sectors.</returns>
    public int Add(MemoryBlockDevice device)
    {
        using var file = File.Open(path, FileMode.OpenOrCreate);
        var place = file.Position = file.Length;
        file.Write(device.Bytes);
        file.SetLength((file.Length + Unit - 1) / Unit * Unit);
        return (int)(place / 512);
    }

    /// <summary>Reads the current content at a position.</summary>
    public MemoryBlockDevice Read(int place, long length, string name)
    {
        var device = BlockDevice.Memory(length, name: name);
        using var file = File.OpenRead(path);
        file.Position = place * 512L;
        file.ReadExactly(device.Bytes);
        return device;
    }
}
