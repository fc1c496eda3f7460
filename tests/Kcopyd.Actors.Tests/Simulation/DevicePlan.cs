using System.Runtime.InteropServices;
using Kcopyd.Actors.TestKit;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// What one simulated device holds at first, what it can do, and what is wrong with it: whatever a device reports, and a single write that is garbled. It has
/// holes, about which it does not lie.
/// </summary>
internal sealed record DevicePlan(List<(long Offset, long Length)> Holes, SimulatedDiskOptions Options)
{
    private const DiskFaultKinds Kinds = DiskFaultKinds.Errors | DiskFaultKinds.Throws | DiskFaultKinds.Shorts | DiskFaultKinds.Stalls;

    /// <summary>Nothing is wrong.</summary>
    public static DevicePlan None(Random random, long length, int block) =>
        Create(random, length, block, knowsZeroes: true, _ => DiskFaults.None with { AtOnceRate = 0.3 });

    public static DevicePlan Draw(Random random, long length, int block) => Create(random, length, block, random.NextDouble() < 0.6, holes =>
    {
        var faults = DiskFaults.Draw(random, length, Kinds, block);
        return faults with
        {
            BadReads = [.. faults.BadReads.Where(bad => !holes.Exists(hole => Overlap(hole, (bad.Offset, bad.Length))))],
            GarblesAt = random.NextDouble() < 0.05 ? random.Next(1, 20) : 0,
        };
    });

    /// <summary>Makes the device. No two devices, and no two sectors of one, have the same content; and none but a hole is all zeroes.</summary>
    public SimulatedDisk Create(World world, IoLog log, string name, int length, int number, out byte[] content)
    {
        content = new byte[length];
        var words = MemoryMarshal.Cast<byte, ulong>(content.AsSpan());
        for (var i = 0; i < words.Length; i++)
            words[i] = ((ulong)i * 0x9E3779B97F4A7C15) ^ ((ulong)number << 56 | 0xA5);
        content.AsSpan(words.Length * 8).Fill((byte)(number * 17));
        foreach (var (offset, bytes) in Holes)
            content.AsSpan((int)offset, (int)bytes).Clear();
        return world.AddDisk(name, content, Options with { Observer = log });
    }

    private static bool Overlap((long Offset, long Length) one, (long Offset, long Length) other) =>
        one.Offset < other.Offset + other.Length && other.Offset < one.Offset + one.Length;

    private static DevicePlan Create(Random random, long length, int block, bool knowsZeroes, Func<List<(long Offset, long Length)>, DiskFaults> faults)
    {
        var holes = DrawHoles(random, length);
        return new DevicePlan(holes, new SimulatedDiskOptions
        {
            LogicalBlockSize = block,
            Features = (knowsZeroes ? DeviceFeatures.WriteZeroes : DeviceFeatures.None) | (random.Next(2) == 0 ? DeviceFeatures.Map : DeviceFeatures.None),
            Clones = DrawClones(random),
            Faults = faults(holes),
        });
    }

    // From a sector to most of the device.
    private static List<(long Offset, long Length)> DrawHoles(Random random, long length)
    {
        var holes = new List<(long Offset, long Length)>();
        for (var i = random.Next(2) == 0 ? random.Next(1, 12) : 0; i > 0 && length > 0; i--)
        {
            var offset = random.NextInt64(length) & -512;
            holes.Add((offset, Math.Min(length - offset, 512L * random.Next(1, random.Next(3) == 0 ? 150 : 20))));
        }
        return holes;
    }

    private static OffloadKinds DrawClones(Random random) => random.Next(2) == 0
        ? OffloadKinds.None
        : (OffloadKinds)random.Next(1, 8)       // any of reflink, server-copy and kernel-copy
            | (random.Next(2) == 0 ? OffloadKinds.SmallCopy : OffloadKinds.None);
}
