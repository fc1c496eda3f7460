using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Actors.IO;

/// <summary>
/// An open file description of the kernel. Every call holds a reference while it runs, so a descriptor that is disposed during an I/O closes after it, and a
/// number that the kernel has given to another file is never read or written.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    // The result of close is not used: only a flush reports whether the data is safe.
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
