using System.Buffers;
using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Tests.Devices;

/// <summary>Memory at a multiple of 4096, as direct I/O requires.</summary>
internal sealed unsafe class AlignedMemory(int length) : MemoryManager<byte>
{
    private void* _memory = NativeMemory.AlignedAlloc((nuint)length, 4096);

    public override Span<byte> GetSpan() => new(_memory, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_memory + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
