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

    [Fact]
    public void be_the_same_after_many_marks_at_once_as_after_each_by_itself()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var (one, other) = (new Mapfile(), new Mapfile());
            for (var step = 0; step < 5; step++)
            {
                var marks = Enumerable.Range(0, random.Next(30))
                    .Select(_ => new MapBlock(random.Next(300), random.Next(1, seed % 2 == 0 ? 4 : 40), Statuses[random.Next(Statuses.Length)])).ToList();
                if (seed % 4 == 0)
                    marks = [.. marks.DistinctBy(static mark => mark.Position / 4)
                        .Select(static mark => mark with { Position = mark.Position / 4 * 4, Size = Math.Min(mark.Size, 4) })];
                one.MarkAll(marks);
                foreach (var mark in marks)
                    other.Mark(mark.Position, mark.Size, mark.Status);
                Assert.Equal(other.Blocks, one.Blocks);
            }
        }
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
