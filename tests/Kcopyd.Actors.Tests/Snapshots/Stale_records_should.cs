using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Snapshots.Model;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Records that a write of an area, interrupted by a power cut, has left behind the end of the list.</summary>
public sealed class Stale_records_should
{
    private static readonly StoreGeometry Geometry = new(1024);      // 64 records in two sectors

    [Theory]
    [InlineData(32, 1024)]      // fills the gap before them exactly
    [InlineData(33, 1024)]
    [InlineData(5, 1024)]
    [InlineData(32, 512)]       // here they are behind the page that is written
    [InlineData(33, 512)]
    [InlineData(5, 512)]
    public void not_come_to_life_whatever_a_second_power_cut_leaves_of_the_next_commit(int chunks, int page)
    {
        var cow = new byte[200 * Geometry.ChunkSize];
        StoreHeader.Of(Geometry, valid: true).Write(cow.AsSpan(0, Geometry.ChunkSize));
        for (var i = 32; i < 64; i++)
            new ExceptionRecord(60 + i, 2 + i).Write(cow.AsSpan(Geometry.ChunkSize, Geometry.ChunkSize), i);

        using var world = new World(1, World.Fresh(400), firstWriter: 1, isRecorded: true);
        var view = world.Open(world.Log.NewDisk("cow", cow), new SnapshotOptions { Mode = StoreMode.Open, MaxPage = page })!;
        world.Settle();
        world.Submit(view, DeviceOperation.Write, 0, 2 * chunks);
        world.Settle();
        var cuts = new CutJudge(world);
        cuts.Run(new PowerCutOptions { Samples = 50 });

        Assert.Empty(world.Complaints);
        Assert.Empty(cuts.Violations);
        Assert.Equal(chunks, view.Core!.Table.Count);
    }
}
