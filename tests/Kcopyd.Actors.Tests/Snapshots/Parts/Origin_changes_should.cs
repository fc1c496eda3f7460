using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots.Parts;

public sealed class Origin_changes_should
{
    private readonly OriginWorld _world = new();

    [Fact]
    public void begin_at_once_where_no_snapshot_needs_what_they_destroy()
    {
        var snapshot = _world.Attach();
        snapshot.Table.TryAdd(3, 0);
        var change = OriginWorld.NewChange(3);
        _world.Gate.Admit(change);
        Assert.Equal(1, change.Begun);
    }

    [Fact]
    public void wait_for_a_run_that_is_pending_in_each_snapshot()
    {
        var (one, two) = (_world.Attach(), _world.Attach());
        List<PendingRun>? first = null, second = null;
        one.Live.Runs.Start(3, 0, ref first);
        two.Live.Runs.Start(3, 0, ref second);
        var change = OriginWorld.NewChange(3);
        _world.Gate.Admit(change);
        one.Live.Commits.Copied(first![0], IoError.None, IoError.None);
        Assert.Equal(0, change.Begun);
        two.Live.Commits.Copied(second![0], IoError.None, IoError.None);
        Assert.Equal(1, change.Begun);
    }

    [Fact]
    public void wait_for_the_reads_of_snapshots_that_are_on_their_way_to_the_origin()
    {
        var snapshot = _world.Attach();
        snapshot.Table.TryAdd(3, 0);
        var request = _world.Request(DeviceOperation.Read, 3, 1, snapshot);
        _world.Parts.StartSharedRead(_world.Parts.Make(request, snapshot, 0, 4096, DeviceOperation.Read));
        var change = OriginWorld.NewChange(3);
        _world.Gate.Admit(change);
        Assert.Equal(0, change.Begun);
        _world.End(_world.Started[0]);
        Assert.Equal(1, change.Begun);
    }

    [Fact]
    public void be_looked_at_again_when_what_they_waited_for_is_over()
    {
        var (one, two) = (_world.Attach(), _world.Attach());
        List<PendingRun>? first = null, second = null;
        one.Live.Runs.Start(3, 0, ref first);
        two.Table.TryAdd(3, 0);
        var change = OriginWorld.NewChange(3);
        _world.Gate.Admit(change);
        two.Table.Remove(3);        // as if a snapshot taken in the meantime needed the chunk
        two.Live.Runs.Start(3, 1, ref second);
        one.Live.Commits.Copied(first![0], IoError.None, IoError.None);
        Assert.Equal(0, change.Begun);
        two.Live.Commits.Copied(second![0], IoError.None, IoError.None);
        Assert.Equal(1, change.Begun);
    }

    [Fact]
    public void pass_a_snapshot_whose_store_is_full_which_is_invalid_from_then_on()
    {
        var snapshot = _world.Attach(storeChunks: 2);
        snapshot.Store.TryAllocate(snapshot.Cow.Length, out _);
        while (snapshot.Store.TryAllocate(snapshot.Cow.Length, out _)) { }
        var change = OriginWorld.NewChange(3);
        _world.Gate.Admit(change);
        Assert.Equal((SnapshotState.Invalid, SnapshotProblem.StoreFull), (snapshot.State, snapshot.Problem));
        Assert.Equal(1, change.Begun);
    }
}
