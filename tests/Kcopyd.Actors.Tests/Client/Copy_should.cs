using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Copy_should : EngineSpec
{
    [Fact]
    public async Task copy_a_region_to_every_destination()
    {
        var client = Client();
        var source = Random(300 * 1024);
        var mirrors = Mirrors(3, 300 * 1024);
        var result = await Soon(client.CopyAsync(source.Whole(), Whole(mirrors)));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.All(mirrors, mirror => Assert.True(source.Bytes.SequenceEqual(mirror.Bytes)));
        Assert.All(result.Destinations, destination => Assert.Equal(new DestinationResult(300 * 1024, null, null), destination));
    }

    [Fact]
    public async Task copy_exactly_the_sectors_of_the_region_to_other_sectors()
    {
        var source = Random(64 * 512);
        var mirror = BlockDevice.Memory(64 * 512);
        await Soon(Client().CopyAsync(source.Region(3, 20), [mirror.Region(40, 20)]));
        Assert.True(source.Bytes.Slice(3 * 512, 20 * 512).SequenceEqual(mirror.Bytes.Slice(40 * 512, 20 * 512)));
        Assert.False(mirror.Bytes[..(40 * 512)].ContainsAnyExcept((byte)0));
        Assert.False(mirror.Bytes[(60 * 512)..].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task read_the_source_once_whatever_the_number_of_destinations()
    {
        var source = new CountingDevice(Random(10 * Piece));
        await Soon(Client().CopyAsync(source.Whole(), Whole(Mirrors(8, 10 * Piece))));
        Assert.Equal(10, source.Reads);
    }

    [Fact]
    public async Task copy_a_partial_last_sector_and_nothing_beyond_it()
    {
        var source = Random(Piece + 100);
        var mirror = BlockDevice.Memory(Piece + 512);
        mirror.Bytes.Fill(7);
        var result = await Soon(Client().CopyAsync(source.Whole(), [mirror.Region(0, source.Whole().Count)]));
        Assert.Equal(Piece + 100, result.Length);
        Assert.True(source.Bytes.SequenceEqual(mirror.Bytes[..(Piece + 100)]));
        Assert.False(mirror.Bytes[(Piece + 100)..].ContainsAnyExcept((byte)7));
    }

    [Fact]
    public async Task survive_devices_that_transfer_less_than_they_are_asked_for()
    {
        var source = Random(20 * Piece);
        var mirror = BlockDevice.Memory(20 * Piece);
        var result = await Soon(Client().CopyAsync(source.WithShortTransfers(seed: 3).Whole(), [mirror.WithShortTransfers(seed: 4).Whole()]));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.True(source.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task take_eight_destinations_by_default_and_sixty_four_if_configured()
    {
        var source = Random(Piece);
        Assert.True((await Soon(Client().CopyAsync(source.Whole(), Whole(Mirrors(8, Piece))))).IsSuccess);
        var mirrors = Mirrors(64, Piece);
        Assert.True((await Soon(Client(s => s with { MaxDestinations = 64 }).CopyAsync(source.Whole(), Whole(mirrors)))).IsSuccess);
        Assert.All(mirrors, mirror => Assert.True(source.Bytes.SequenceEqual(mirror.Bytes)));
    }

    [Fact]
    public async Task only_notify_for_an_empty_region()
    {
        var source = new CountingDevice(Random(Piece));
        var mirror = new CountingDevice(BlockDevice.Memory(Piece));
        Client().Copy(source.Region(1, 0), [mirror.Region(2, 0)], CopyFlags.Flush | CopyFlags.Verify, TestActor, "empty");
        var result = await ExpectMsgAsync<CopyResult>();
        Assert.True(result.IsSuccess);
        Assert.Equal("empty", result.Context);
        Assert.Equal(0, result.Length);
        Assert.Equal(0, source.Operations + mirror.Operations);
    }

    [Fact]
    public async Task not_wait_for_the_jobs_of_another_client()
    {

        var stuck = Random(Piece).WithStall();
        var hanging = Client().CopyAsync(stuck.Whole(), Whole(Mirrors(1, Piece)));
        await Soon(stuck.WaitingAsync());
        Assert.True((await Soon(Client().CopyAsync(Random(Piece).Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
        stuck.Release();
        Assert.True((await Soon(hanging)).IsSuccess);
    }
}
