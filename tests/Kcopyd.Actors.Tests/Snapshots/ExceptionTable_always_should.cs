using CsCheck;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class ExceptionTable_always_should
{
    [Fact]
    public void hold_what_a_dictionary_holds() =>
        Gen.Select(
            Gen.Int[0, 2],
            Gen.OneOf(Gen.Long[0, 40], Gen.Long[0, 4000], Gen.Long[0, long.MaxValue - 1]),
            Gen.Long[1, 1L << 50]).Array[0, 600].Sample(steps =>
        {
            var (table, model) = (new ExceptionTable(), new Dictionary<long, long>());
            foreach (var (what, old, place) in steps)
            {
                if (what == 0)
                    Assert.Equal(model.Remove(old), table.Remove(old));
                else
                    Assert.Equal(model.TryAdd(old, place), table.TryAdd(old, place));
                Assert.Equal(model.Count, table.Count);
            }
            foreach (var (_, old, _) in steps)
                Assert.Equal(model.GetValueOrDefault(old, -1), table.Find(old));
            Assert.Equal(model.OrderBy(pair => pair.Key).Select(pair => new ExceptionRecord(pair.Key, pair.Value)), table.All().OrderBy(record => record.Old));
        }, iter: 500);
}
