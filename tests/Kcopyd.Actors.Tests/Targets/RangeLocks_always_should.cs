using CsCheck;
using Kcopyd.Actors.Targets;
using Xunit;

namespace Kcopyd.Actors.Tests.Targets;

public sealed class RangeLocks_always_should
{
    private static readonly Gen<(int Start, int Length, bool Removes)> Steps = Gen.Select(Gen.Int[0, 20], Gen.Int[1, 6], Gen.Bool);

    [Fact]
    public void name_a_holder_of_a_range_if_and_only_if_one_overlaps_it() => Steps.Array[0, 30].Sample(static steps =>
    {
        var locks = new RangeLocks<Holder>();
        var model = new List<Holder>();
        foreach (var (start, length, removes) in steps)
        {
            if (removes && model.Count > 0)
            {
                var gone = model[start % model.Count];
                locks.Remove(gone);
                model.Remove(gone);
            }
            else
            {
                var holder = new Holder(start, start + length);
                locks.Add(holder);
                model.Add(holder);
            }
            for (var at = 0; at < 28; at++)
            {
                var found = locks.HolderOf(at, at + 2);
                Assert.Equal(model.Exists(held => held.Start < at + 2 && at < held.End), found is not null);
                Assert.True(found is null || model.Contains(found));
            }
        }
    });

    private sealed class Holder(long start, long end) : IRangeHolder<Holder>
    {
        public long Start { get; } = start;

        public long End { get; } = end;

        public Holder? Before { get; set; }

        public Holder? After { get; set; }
    }
}
