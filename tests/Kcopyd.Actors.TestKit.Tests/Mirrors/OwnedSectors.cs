using System.Buffers.Binary;
using Kcopyd.Actors.TestKit.Checking;
using Kcopyd.Actors.TestKit.Disks;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>Changes a part of a device that nothing else changes, one operation after the other, and knows what each sector may hold after a power cut at any
/// time of a log.</summary>
internal sealed class OwnedSectors(IBlockDevice device, WriteLog log, int first, int count, Random random)
{
    private const int Sector = 512;
    private const int MaxSectors = 12;

    private readonly List<Change>[] _changes = [.. Enumerable.Range(0, count).Select(static _ => new List<Change> { new(0, 0, 0) })];
    private readonly List<(long Called, long Returned)> _flushes = [];

    public async Task StepAsync()
    {
        if (random.Next(5) == 0)
        {
            var called = log.Now;
            Assert.True((await device.FlushAsync()).IsSuccess);
            _flushes.Add((called, log.Tick()));
            return;
        }
        var sectors = random.Next(1, MaxSectors + 1);
        var at = random.Next(count - sectors + 1);
        var isZero = random.Next(5) == 0;
        var bytes = new byte[sectors * Sector];
        var number = random.NextInt64();
        for (var i = 0; !isZero && i < bytes.Length; i += sizeof(long))
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i), number);
        var change = new Change(SectorStamp.Of(bytes.AsSpan(0, Sector)), log.Now, long.MaxValue);
        for (var i = 0; i < sectors; i++)
            _changes[at + i].Add(change);
        var result = isZero
            ? await device.WriteZeroesAsync((first + at) * (long)Sector, bytes.Length)
            : await device.WriteAsync((first + at) * (long)Sector, bytes);
        Assert.Equal(IoResult.Success(bytes.Length), result);
        change.Returned = log.Tick();
    }

    /// <summary>Checks what a leg holds after a power cut: in each sector the last change that a flush made durable, or a later one.</summary>
    public void AssertSurvive(ReadOnlySpan<byte> leg, long time, string where)
    {
        var flushed = _flushes.FindLast(flush => flush.Returned <= time).Called;
        for (var i = 0; i < count; i++)
        {
            var stamp = SectorStamp.Of(leg.Slice((first + i) * Sector, Sector));
            var oldest = _changes[i].FindLastIndex(change => change.Returned <= flushed);
            Assert.True(_changes[i].FindIndex(Math.Max(0, oldest), change => change.Called <= time && change.Stamp == stamp) >= 0,
                $"sector {first + i} of {where} lost what a flush had made durable, or shows what was never written");
        }
    }

    private sealed class Change(long stamp, long called, long returned)
    {
        public long Stamp => stamp;

        public long Called => called;

        public long Returned { get; set; } = returned;
    }
}
