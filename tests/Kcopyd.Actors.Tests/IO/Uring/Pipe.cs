using System.Runtime.InteropServices;
using Kcopyd.Actors.IO;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>A file whose reads wait until the spec releases them.</summary>
internal sealed unsafe partial class Pipe : IDisposable
{
    private const int O_CLOEXEC = 0x80000;

    private readonly FileDescriptor _end;

    public Pipe()
    {
        var ends = stackalloc int[2];
        Assert.Equal(0, pipe2(ends, O_CLOEXEC));
        (Start, _end) = (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    public FileDescriptor Start { get; }

    /// <summary>Releases this many reads of one byte.</summary>
    public void Fill(int bytes = 1)
    {
        var some = new byte[bytes];
        fixed (byte* from = some)
            Assert.Equal(bytes, write((int)_end.DangerousGetHandle(), from, (nuint)bytes));
    }

    public void Dispose()
    {
        Start.Dispose();
        _end.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc")]
    private static partial nint write(int fd, byte* from, nuint count);
}
