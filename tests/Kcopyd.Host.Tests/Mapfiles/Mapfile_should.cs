using Kcopyd.Actors.Jobs;
using Xunit;

namespace Kcopyd.Host.Tests.Mapfiles;

public sealed class Mapfile_should
{
    private static readonly MapStatus[] Statuses = Enum.GetValues<MapStatus>();

    [Fact]
    public void agree_with_an_array_of_bytes_after_any_marks()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var map = new Mapfile();
            var model = new List<MapStatus>();
            for (var step = 0; step < 30; step++)
            {
                var (position, size, status) = (random.Next(60), random.Next(0, 25), Statuses[random.Next(Statuses.Length)]);
                map.Mark(position, size, status);
                while (size > 0 && model.Count < position + size)
                    model.Add(MapStatus.NonTried);
                for (var i = position; i < position + size; i++)
                    model[i] = status;
                AssertSame(model, map, seed);
            }
        }
    }

    [Fact]
    public void show_a_range_clipped()
    {
        var map = new Mapfile();
        map.Mark(0, 10, MapStatus.Finished);
        map.Mark(10, 10, MapStatus.BadSector);
        Assert.Equal([new MapBlock(5, 5, MapStatus.Finished), new MapBlock(10, 2, MapStatus.BadSector)], map.Within(5, 12));
        Assert.Equal([new MapBlock(10, 10, MapStatus.BadSector)], map.Within(10, 100));
        Assert.Empty(map.Within(20, 30));
        Assert.Empty(new Mapfile().Within(0, 30));
    }

    [Theory]
    [InlineData("every destination whole", 8192, 8192, false, 0UL, false, true)]
    [InlineData("the source unreadable in part", 8192, 8192, true, 0UL, false, true)]
    [InlineData("stopped with unreadable ranges behind it", 8192, 4096, true, 0UL, false, false)]
    [InlineData("a destination failed", 8192, 8192, true, 2UL, false, false)]
    [InlineData("cancelled", 8192, 8192, true, 3UL, true, false)]
    public void record_only_a_job_that_wrote_every_byte_to_every_destination(string what, long first, long second, bool readError, ulong writeErrors, bool isCancelled, bool isRecorded)
    {
        var map = new Mapfile();
        map.Extend(3 * 8192);
        map.Record(new MapBlock(8192, 8192, MapStatus.NonTried), new CopyResult
        {
            Length = 8192,
            DestinationCount = 2,
            Destinations = [new DestinationResult(first, null, null), new DestinationResult(second, null, null)],
            ReadError = readError,
            Unreadable = readError ? [new UnreadableRange(12288, 512)] : [],
            WriteErrors = writeErrors,
            IsCancelled = isCancelled,
        });
        var recorded = map.Within(8192, 16384).ToList();
        Assert.True(isRecorded == recorded.All(block => block.Status != MapStatus.NonTried), what);
        Assert.Equal(isRecorded && readError, recorded.Contains(new MapBlock(12288, 512, MapStatus.BadSector)));
        Assert.All(map.Within(0, 8192).Concat(map.Within(16384, 3 * 8192)), block => Assert.Equal(MapStatus.NonTried, block.Status));
    }

    private static void AssertSame(List<MapStatus> model, Mapfile map, int seed)
    {
        Assert.Equal(model, map.Blocks.SelectMany(block => Enumerable.Repeat(block.Status, (int)block.Size)));
        var at = 0L;
        MapStatus? before = null;
        foreach (var block in map.Blocks)
        {
            Assert.True(block.Position == at && block.Size > 0 && block.Status != before, $"seed {seed}: {block} after {before} ending at {at}");
            (at, before) = (block.End, block.Status);
        }
    }
}
