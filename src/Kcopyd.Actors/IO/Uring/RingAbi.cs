using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO.Uring;

/// <summary>The kernel interface of a ring: its three system calls and their records (linux/io_uring.h). The numbers are the same on x64 and
/// arm64.</summary>
internal static unsafe partial class RingAbi
{
    public const uint SetupCqSize = 1 << 3, SetupClamp = 1 << 4, SetupCoopTaskRun = 1 << 8, SetupTaskRunFlag = 1 << 9;
    public const uint FeatureSingleMap = 1 << 0, FeatureNoDrop = 1 << 1, FeatureExtArg = 1 << 8;
    public const uint EnterGetEvents = 1 << 0, EnterExtArg = 1 << 3;
    public const uint SqOverflow = 1 << 1, SqTaskRun = 1 << 2;
    public const uint CqeMore = 1 << 1;
    public const byte OpPollAdd = 6, OpAsyncCancel = 14, OpRead = 22, OpWrite = 23;
    public const uint PollMulti = 1, PollIn = 1;
    public const uint CancelAll = 1 << 0, CancelAny = 1 << 2;
    public const long MapRings = 0, MapEntries = 0x10000000;

    private const nint NumberSetup = 425, NumberEnter = 426, NumberRegister = 427;
    private const uint RegisterMaxWorkers = 19;

    /// <returns>The descriptor of the ring, or an errno as a negative number.</returns>
    public static int Setup(uint entries, ref RingParameters parameters)
    {
        fixed (RingParameters* at = &parameters)
            return (int)Result(syscall(NumberSetup, (nint)entries, (nint)at, 0, 0, 0, 0));
    }

    /// <returns>The number of submitted entries, or an errno as a negative number.</returns>
    public static int Enter(int ring, int submit, int wait, uint flags, RingWait* argument) =>
        (int)Result(syscall(NumberEnter, ring, submit, wait, (nint)flags, (nint)argument, argument is null ? 0 : sizeof(RingWait)));

    /// <summary>Limits the kernel's own threads, which serve files without asynchronous I/O, to the same number as the engine's.</summary>
    public static void SetMaxWorkers(int ring, int count)
    {
        var both = stackalloc uint[2] { (uint)count, (uint)count };
        _ = syscall(NumberRegister, ring, (nint)RegisterMaxWorkers, (nint)both, 2, 0, 0);   // since 5.15; before that, the kernel's own limit holds
    }

    private static nint Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}

/// <summary>io_uring_params: the options of a new ring, and the offsets of its parts.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct RingParameters
{
    [FieldOffset(0)] public uint SqEntries;
    [FieldOffset(4)] public uint CqEntries;
    [FieldOffset(8)] public uint Flags;
    [FieldOffset(20)] public uint Features;
    [FieldOffset(40)] public uint SqHead;
    [FieldOffset(44)] public uint SqTail;
    [FieldOffset(48)] public uint SqMask;
    [FieldOffset(56)] public uint SqFlags;
    [FieldOffset(64)] public uint SqArray;
    [FieldOffset(80)] public uint CqHead;
    [FieldOffset(84)] public uint CqTail;
    [FieldOffset(88)] public uint CqMask;
    [FieldOffset(100)] public uint Cqes;
}

/// <summary>io_uring_sqe: one request.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct RingRequest
{
    [FieldOffset(0)] public byte Op;
    [FieldOffset(4)] public int File;
    [FieldOffset(8)] public long Offset;
    [FieldOffset(16)] public void* Address;
    [FieldOffset(24)] public uint Length;
    [FieldOffset(28)] public uint OpFlags;
    [FieldOffset(32)] public ulong UserData;
}

/// <summary>io_uring_cqe: one answer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RingAnswer
{
    public readonly ulong UserData;
    public readonly int Result;
    public readonly uint Flags;
}

/// <summary>io_uring_getevents_arg: how long to wait.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RingWait
{
    public ulong SignalMask;
    public uint SignalMaskSize;
    public uint Pad;
    public RingTime* Time;
}

/// <summary>The kernel's timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct RingTime(TimeSpan time)
{
    public readonly long Seconds = time.Ticks / TimeSpan.TicksPerSecond;
    public readonly long Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * 100;
}
