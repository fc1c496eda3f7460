using Kcopyd.Actors.Faults;

namespace Kcopyd.Actors.TestKit.Disks;

/// <content>Draws a random plan.</content>
public sealed partial record DiskFaults
{
    /// <summary>Draws a random plan. Each fault is absent from most plans, so that one does not hide another.</summary>
    /// <param name="random">The source of chance, such as <see cref="World.RandomFor"/>.</param>
    /// <param name="length">The disk's length in bytes.</param>
    /// <param name="kinds">What may be wrong.</param>
    /// <param name="blockSize">The disk's logical block size in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the block size is below 1.</exception>
    public static DiskFaults Draw(Random random, long length, DiskFaultKinds kinds = DiskFaultKinds.Reported, int blockSize = IoRegion.SectorSize)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 1);
        var faults = None with { AtOnceRate = Chance(0.5) ? 0 : random.NextDouble() };
        if (Has(DiskFaultKinds.Errors))
        {
            faults = faults with
            {
                BadReads = Ranges(),
                BadWrites = Ranges(),
                WriteError = Chance(0.7) ? IoError.Io : IoError.NoSpace,
                FailsAt = Chance(0.1) ? random.Next(1, 30) : 0,
                FlushErrorRate = Rarely(1),
                RefusesZeroes = Chance(0.2),
                CloneRefusalRate = Chance(0.5) ? random.NextDouble() : 0,
            };
        }
        if (Has(DiskFaultKinds.Throws))
        {
            faults = faults with
            {
                ThrowsAt = Chance(0.1) ? random.Next(1, Chance(0.4) ? 4 : 30) : 0,
                ThrowsAtOnce = Chance(0.5),
                CloneThrows = Chance(0.05),
            };
        }
        if (Has(DiskFaultKinds.Shorts))
            faults = faults with { ShortRate = Chance(0.3) ? random.NextDouble() / 2 : 0 };
        if (Has(DiskFaultKinds.Stalls))
            faults = faults with { StallRate = Chance(0.15) ? random.NextDouble() / 10 : 0 };
        if (Has(DiskFaultKinds.Latency) && Chance(0.3))
        {
            // From a solid-state disk's microseconds to the seconds of one that retries.
            var least = TimeSpan.FromMicroseconds(Math.Pow(10, random.NextDouble() * 5));
            faults = faults with { MinLatency = least, MaxLatency = least * (1 + random.NextDouble() * 20) };
        }
        if (Has(DiskFaultKinds.Corruption))
        {
            faults = faults with
            {
                GarblesAt = Chance(0.1) ? random.Next(1, 20) : 0,
                LostWriteRate = Rarely(0.1),
                TornWriteRate = Rarely(0.1),
                MisdirectedWriteRate = Rarely(0.1),
                BitRotRate = Rarely(0.1),
            };
        }
        if (Has(DiskFaultKinds.Decay))
            faults = faults with { LatentErrorRate = Rarely(0.05) };
        if (Has(DiskFaultKinds.TornBlocks))
            faults = faults with { TornBlockRate = Chance(0.5) ? random.NextDouble() : 0 };
        return faults;

        bool Has(DiskFaultKinds kind) => (kinds & kind) != 0;
        bool Chance(double rate) => random.NextDouble() < rate;
        double Rarely(double most) => Chance(0.1) ? random.NextDouble() * most : 0;
        List<ByteRange> Ranges()
        {
            var ranges = new List<ByteRange>();
            for (var i = Chance(0.25) && length > 0 ? random.Next(1, 5) : 0; i > 0; i--)
                ranges.Add(new ByteRange(random.NextInt64(length) / blockSize * blockSize, (long)blockSize * random.Next(1, 4)));
            return ranges;
        }
    }
}
