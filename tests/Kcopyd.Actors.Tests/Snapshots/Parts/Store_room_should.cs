using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots.Parts;

public sealed class Store_room_should
{
    private readonly OriginWorld _world = new();

    [Fact]
    public void grow_a_full_store_that_may_and_continue_what_waited()
    {
        var snapshot = Full(new StoreGrowth(4 * 4096, 64 * 4096));
        Assert.Equal(StoreAllocation.Later, snapshot.Live.Room.TryAllocate(out _));
        Assert.Equal(StoreAllocation.Later, snapshot.Live.Room.TryAllocate(out _));       // the store grows once
        var change = OriginWorld.NewChange(3);
        change.Gate = _world.Gate;
        snapshot.Live.Room.Await(change);
        var request = _world.Request(DeviceOperation.Write, 1, 1, snapshot);
        snapshot.Live.Room.Await(request, 512);
        Assert.Equal(1, request.Parts);
        var growing = Assert.Single(_world.Started);
        Assert.Equal((DeviceOperation.Grow, 6 * 4096L), (growing.Operation, growing.Offset));
        _world.End(growing, IoError.NoSpace);
        Assert.Equal([(request, 512L)], _world.Continued);
        Assert.Equal(SnapshotState.Invalid, snapshot.State);        // the change checked again, and found no space
        Assert.Equal(1, change.Begun);
    }

    [Fact]
    public void not_grow_a_store_beyond_its_limit() => Assert.Equal(StoreAllocation.Full, Full(new StoreGrowth(4096, 2 * 4096)).Live.Room.TryAllocate(out _));

    [Fact]
    public void make_a_snapshot_that_overflowed_active_again()
    {
        var snapshot = _world.Attach(StoreKind.PersistentOverflow);
        snapshot.Live.Endings.IsFull(bySnapshotWrite: true);
        Assert.Equal(SnapshotState.Overflow, snapshot.State);
        snapshot.Live.Room.HasGrown();
        Assert.Equal((SnapshotState.Active, SnapshotProblem.None, null), (snapshot.State, snapshot.Problem, snapshot.Reason));
    }

    private SnapshotCore Full(StoreGrowth growth)
    {
        var snapshot = _world.Attach(storeChunks: 2, growth: growth);
        while (snapshot.Store.TryAllocate(snapshot.Cow.Length, out _)) { }
        return snapshot;
    }
}
