using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

public sealed class World_should
{
    [Fact]
    public void give_a_node_clocks_that_drift_from_its_first_start()
    {
        using var world = new World(1);
        var fast = world.AddNode("fast", clockDrift: 0.5);
        var slow = world.AddNode("slow", (_, _) => { }, clockDrift: -0.25);
        world.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(15), fast.Time.GetUtcNow() - world.Time.GetUtcNow() + world.Now);
        Assert.Equal(TimeSpan.FromSeconds(7.5), slow.Time.GetUtcNow() - world.Time.GetUtcNow() + world.Now);
        Assert.Equal(0.5, fast.ClockDrift);
    }

    [Fact]
    public void refuse_a_drift_that_no_clock_has_and_add_no_node()
    {
        using var world = new World(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => world.AddNode("a", clockDrift: 1.5));
        Assert.Empty(world.Nodes);
    }

    [Fact]
    public void give_its_histories_the_time()
    {
        using var world = new World(1);
        var history = world.CreateHistory<string, int>();
        var call = history.Call("a", "read");
        world.RunFor(TimeSpan.FromSeconds(2));
        history.Return(call, 7);
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(2)), (call.CalledAt, call.EndedAt));
        Assert.Equal("     0  0.000000s  a  call    #1 read\n     1  2.000000s  a  return  #1 read -> 7\n", history.Story());
    }

    [Fact]
    public void have_another_hash_if_a_history_has_another_client_or_answer()
    {
        var hashes = new[] { ("a", 1), ("a", 2), ("b", 1), ("a", 1) }.Select(static run =>
        {
            using var world = new World(1);
            var history = world.CreateHistory<string, int>();
            history.Return(history.Call(run.Item1, "read"), run.Item2);
            return world.Hash;
        }).ToList();
        Assert.Equal(3, hashes.Distinct().Count());
        Assert.Equal(hashes[0], hashes[3]);
    }
}
