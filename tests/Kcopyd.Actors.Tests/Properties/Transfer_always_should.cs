using CsCheck;
using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class Transfer_always_should
{
    private const int Sector = 512;

    [Fact]
    public void write_off_bad_blocks_and_no_others_wherever_it_begins_and_however_short_transfers_are() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 40], Gen.Int[1, 60], Gen.Int[0, 12].HashSet[0, 5], Gen.Int[0, 100].Array[8])
            .Sample((log, start, sectors, badBlocks, cuts) =>
        {
            var block = Sector << log;
            var transfer = new Transfer(start * Sector, sectors * Sector, block);
            var (lost, got, ios) = (new HashSet<long>(), new HashSet<long>(), 0);
            while (!transfer.IsDone)
            {
                var next = transfer.Next;
                Assert.InRange(next, 1, transfer.Remaining);
                var first = transfer.Offset / Sector;
                if (Enumerable.Range((int)first, next / Sector).Any(sector => badBlocks.Contains(sector * Sector / block)))
                {
                    if (!transfer.IsSingleBlock)
                    {
                        transfer.Narrow();
                        continue;
                    }
                    for (var sector = first; sector < first + next / Sector; sector++)
                        lost.Add(sector);
                    transfer.Advance(next);
                }
                else
                {
                    // Some of the transfers are short.
                    var bytes = cuts[ios % cuts.Length] < 50 ? next : Math.Max(Sector, next * cuts[ios % cuts.Length] / 100 / Sector * Sector);
                    for (var sector = first; sector < first + bytes / Sector; sector++)
                        got.Add(sector);
                    transfer.Advance(bytes);
                }
                transfer.Widen();
                Assert.InRange(++ios, 1, 2 * sectors);
            }
            var all = Enumerable.Range(start, sectors).Select(sector => (long)sector).ToArray();
            Assert.Equal(all.Where(sector => badBlocks.Contains((int)(sector * Sector / block))), lost.Order());
            Assert.Equal(all.Except(lost), got.Order());
        }, iter: 20_000);
}
