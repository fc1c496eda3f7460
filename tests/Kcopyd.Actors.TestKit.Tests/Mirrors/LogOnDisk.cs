using System.Buffers.Binary;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>The log of a mirror as it is on its disk, read without the code under test.</summary>
internal sealed class LogOnDisk
{
    private readonly byte[] _bytes;
    private readonly int _regionSize;

    /// <param name="bytes">What the disk holds.</param>
    /// <param name="legs">Number of legs.</param>
    /// <param name="regionSize">Bytes of a region.</param>
    public LogOnDisk(ReadOnlySpan<byte> bytes, int legs, int regionSize)
    {
        (_bytes, _regionSize) = (bytes.ToArray(), regionSize);
        Assert.Equal("rRiM"u8.ToArray(), _bytes[..4]);
        Assert.Equal("kcopyd-m"u8.ToArray(), _bytes[512..520]);
        Assert.Equal(legs, BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(512 + 12)));
        Good = [.. Enumerable.Range(0, legs).Where(leg => (_bytes[512 + 64 + leg * 16 + 8] & 1) == 0)];
        Assert.NotEmpty(Good);
    }

    /// <summary>The legs that are not stale: any of them may become the source.</summary>
    public IReadOnlyList<int> Good { get; }

    public bool IsClean(int region) => (_bytes[1024 + region / 8] & (1 << (region % 8))) != 0;

    /// <summary>Checks that the clean regions are equal on all good legs.</summary>
    /// <param name="length">Bytes of the mirror.</param>
    /// <param name="leg">What a leg holds.</param>
    public void AssertIsTrue(int length, Func<int, ReadOnlyMemory<byte>> leg)
    {
        for (var (region, start) = (0, 0); start < length; start = ++region * _regionSize)
        {
            if (!IsClean(region))
                continue;
            var count = Math.Min(_regionSize, length - start);
            foreach (var other in Good.Skip(1))
            {
                Assert.True(leg(other).Span.Slice(start, count).SequenceEqual(leg(Good[0]).Span.Slice(start, count)),
                    $"region {region} is clean, but differs on leg {Good[0]} and leg {other}");
            }
        }
    }
}
