using System.Security.Cryptography;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>The base of tests in which this library and the real kernel exchange stores.</summary>
public abstract class SnapshotTest : IAsyncLifetime
{
    private protected const int Sector = 512;

    private protected TempFolder Folder { get; } = new();

    private protected ActorSystem System { get; } = ActorSystem.Create("snapshots", "akka.loglevel = ERROR");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await System.Terminate();
        Folder.Dispose();
    }

    private protected SnapshotOrigin Origin(IBlockDevice device) => System.Kcopyd().CreateSnapshotOrigin(device, leaveOpen: true);

    private protected static MemoryBlockDevice Device(string name, long length, int seed)
    {
        var device = BlockDevice.Memory(length, name: name);
        if (seed != 0)
            Bytes((int)length, seed).CopyTo(device.Bytes);
        return device;
    }

    private protected static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected static async Task WriteAsync(IBlockDevice device, long offset, ReadOnlyMemory<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.WriteAsync(offset + done, bytes[done..]);
            Assert.True(result is { IsSuccess: true, Bytes: > 0 }, result.ToString());
            done += (int)result.Bytes;
        }
    }

    private protected static async Task<byte[]> ReadAsync(IBlockDevice device)
    {
        var bytes = new byte[device.Length];
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.ReadAsync(done, bytes.AsMemory(done));
            Assert.True(result is { IsSuccess: true, Bytes: > 0 }, result.ToString());
            done += (int)result.Bytes;
        }
        return bytes;
    }

    private protected static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
