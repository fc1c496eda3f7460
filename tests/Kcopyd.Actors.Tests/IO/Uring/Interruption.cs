using System.Reflection;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.IO.Uring;

namespace Kcopyd.Actors.Tests.Uring;

/// <summary>Turns the next completion of a lane's ring into that of a transfer that a signal interrupted. Pollable files never complete this way, and the
/// others only while they wait for a dead server.</summary>
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
