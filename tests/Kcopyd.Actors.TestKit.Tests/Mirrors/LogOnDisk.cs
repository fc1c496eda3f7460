using System.Buffers.Binary;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>Reads the log of a mirror as it is on its disk, without the code under test.</summary>
internal sealed class LogOnDisk(SimulatedDisk log, int length, int regionSize)
{
    /// <summary>Checks that the regions that the log calls clean are equal on all legs that it does not call stale, and that a leg has the content.</summary>
    public void AssertIsTrue(IReadOnlyList<SimulatedDisk> legs)
    {
        var bytes = log.Content.ToArray();
        Assert.Equal("rRiM"u8.ToArray(), bytes[..4]);
        Assert.Equal("kcopyd-m"u8.ToArray(), bytes[512..520]);
        Assert.Equal(legs.Count, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(512 + 12)));
        var good = Enumerable.Range(0, legs.Count).Where(i => (bytes[512 + 64 + i * 16 + 8] & 1) == 0).ToList();
        Assert.NotEmpty(good);
        var regions = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8));
        for (var region = 0; region < regions; region++)
        {
            if ((bytes[1024 + region / 8] & (1 << (region % 8))) == 0)
                continue;
            var (start, count) = (region * regionSize, Math.Min(regionSize, length - region * regionSize));
            foreach (var leg in good)
            {
                Assert.True(legs[leg].Content.Span.Slice(start, count).SequenceEqual(legs[good[0]].Content.Span.Slice(start, count)),
                    $"region {region} is clean, but differs on leg {good[0]} and leg {leg}");
            }
        }
    }
}
