using System.Reflection;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>Makes the next answer of a lane's ring one of a transfer that a signal interrupted. Nothing that can be polled answers so, and
/// what cannot takes a dead server to wait in.</summary>
internal static unsafe class Interruption
{
    public static void OfTheNextAnswer(IoLane lane)
    {
        var ring = Field(lane, "_ring")!;
        var answers = (byte*)Pointer.Unbox(Field(ring, "_answers")!);
        var head = *(uint*)Pointer.Unbox(Field(ring, "_cqHead")!);
        var place = head & (uint)Field(ring, "_cqMask")!;
        *(int*)(answers + place * sizeof(RingAnswer) + sizeof(ulong)) = -LibC.EINTR;
    }

    private static object? Field(object of, string name) => of.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(of);
}
