using System.Security.Cryptography;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>The base of tests in which this library and the real kernel exchange the legs and logs of mirrors.</summary>
public abstract class MirrorTest : IAsyncLifetime
{
    private protected const int Sector = 512;

    private protected TempFolder Folder { get; } = new();

    // Regions become clean soon after they are written, as in the kernel.
    private protected ActorSystem System { get; } = ActorSystem.Create("mirrors", "akka.loglevel = ERROR\nkcopyd.mirrors.clean-delay = 5ms");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await System.Terminate();
        Folder.Dispose();
    }

    private protected Task<Mirror> OpenAsync(IReadOnlyList<IBlockDevice?> legs, MirrorOptions options) => System.Kcopyd().OpenMirrorAsync(legs, options);

    private protected static MemoryBlockDevice Device(string name, ReadOnlySpan<byte> content)
    {
        var device = BlockDevice.Memory(content.Length, name: name);
        content.CopyTo(device.Bytes);
        return device;
    }

    private protected static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Random bytes for all writes.</summary>
    private protected static byte[] MakeBlob()
    {
        var blob = new byte[MirrorScript.BlobSize];
        new Random(42).NextBytes(blob);
        return blob;
    }

    /// <summary>A status without the range and the names of devices, which differ between the guest and this process.</summary>
    private protected static string Words(MirrorStatus status) => MirrorStatusWords.Of(status.ToString());
}
