using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots.Parts;

public sealed class Pending_runs_should
{
    private readonly OriginWorld _world = new();

    [Fact]
    public void be_one_run_where_chunks_follow_each_other_on_both_sides()
    {
        var runs = _world.Attach().Live.Runs;
        List<PendingRun>? started = null;
        runs.Start(3, 0, ref started);
        runs.Start(4, 1, ref started);
        runs.Start(6, 2, ref started);      // a gap on the origin
        runs.Start(7, 4, ref started);      // a gap in the store
        Assert.Equal([(3L, 2), (6, 1), (7, 1)], started!.Select(static run => (run.Old, run.Count)));
        Assert.True(runs.TryFind(4, out var run));
        Assert.Same(started![0], run);
    }

    [Fact]
    public void hold_what_is_copied_once_nothing_is_being_copied_any_more()
    {
        var snapshot = _world.Attach();
        List<PendingRun>? first = null, second = null;
        snapshot.Live.Runs.Start(3, 0, ref first);
        snapshot.Live.Runs.Start(9, 1, ref second);
        snapshot.Live.Commits.Copied(first![0], IoError.None, IoError.None);
        Assert.Equal(-1, snapshot.Table.Find(3));
        snapshot.Live.Commits.Copied(second![0], IoError.None, IoError.None);
        Assert.Equal((0, 1), (snapshot.Table.Find(3), snapshot.Table.Find(9)));
        Assert.False(snapshot.Live.Runs.TryFind(3, out _));
    }

    [Fact]
    public void begin_what_waited_for_them_when_they_hold()
    {
        var snapshot = _world.Attach();
        List<PendingRun>? runs = null;
        var run = snapshot.Live.Runs.Start(3, 5, ref runs);
        var change = OriginWorld.NewChange(3);
        change.Gate = _world.Gate;
        run.Block(change);
        var request = _world.Request(DeviceOperation.Write, 3, 1, snapshot);
        run.Await(_world.Parts, request, 0, 512);
        run.Await(_world.Parts, request, 512, 4096);     // adjacent: one write
        snapshot.Live.Commits.Copied(run, IoError.None, IoError.None);
        var write = Assert.Single(_world.Started);
        Assert.Equal((5 * 4096L, 4096L), (write.Offset, write.Length));
        Assert.Equal(1, change.Begun);
    }

    [Theory]
    [InlineData(StoreKind.Transient, IoError.Io, SnapshotState.Invalid)]
    [InlineData(StoreKind.Transient, IoError.NoSpace, SnapshotState.Invalid)]
    [InlineData(StoreKind.PersistentOverflow, IoError.NoSpace, SnapshotState.Overflow)]
    public void fail_what_waited_for_them_when_they_never_will(StoreKind kind, IoError error, SnapshotState expected)
    {
        var snapshot = _world.Attach(kind);
        List<PendingRun>? runs = null;
        var run = snapshot.Live.Runs.Start(3, 5, ref runs);
        var request = _world.Request(DeviceOperation.Write, 3, 1, snapshot);
        run.Await(_world.Parts, request, 0, 4096);
        snapshot.Live.Commits.Copied(run, IoError.None, error);
        Assert.Equal(expected, snapshot.State);
        Assert.Equal((IoError.Io, 0), (request.Error, request.GoodTo));
        Assert.Single(_world.Answered);
        Assert.Empty(_world.Started);
        Assert.Equal(-1, snapshot.Table.Find(3));
    }
}
