using System.Buffers;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>Memory that was released: it can no longer be pinned.</summary>
internal sealed class NoMemory : MemoryManager<byte>
{
    public override Memory<byte> Memory => CreateMemory(512);

    public override Span<byte> GetSpan() => throw new ObjectDisposedException(nameof(NoMemory));

    public override MemoryHandle Pin(int elementIndex = 0) => throw new ObjectDisposedException(nameof(NoMemory));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
