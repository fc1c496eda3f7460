using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Actors.IO;

/// <summary>
/// An open file description of the kernel. Every call counts a reference for as long as it runs, so disposing in the middle of an
/// I/O closes the descriptor after it, and a number that the kernel has given to another file is never read or written.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int number) : base(ownsHandle: true) => SetHandle(number);

    // What close reports is not used: only a flush tells whether the data is safe.
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
