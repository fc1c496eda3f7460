using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>A store is created where there is nothing, or where the caller asks for it: many formats begin with zeroes.</summary>
public sealed class New_store_should : SnapshotSpec
{
    private static readonly SnapshotOptions Kept = new() { ChunkSize = Chunk, LeaveOpen = true };

    private readonly MemoryBlockDevice _cow = BlockDevice.Memory(1 << 20, name: "cow");

    [Theory]
    [InlineData("an ext2, ext3 or ext4 file system", 1080, "53ef")]
    [InlineData("an XFS file system", 0, "58465342")]
    [InlineData("a Btrfs file system", 65600, "5f42485266535f4d")]
    [InlineData("an ISO 9660 image", 32769, "4344303031")]
    [InlineData("swap space", 4086, "5357415053504143453200")]
    [InlineData("swap space", 65526, "53574150535041434532")]
    [InlineData("an encrypted volume (LUKS)", 0, "4c554b53babe")]
    [InlineData("an encrypted volume (LUKS)", 0x4000, "534b554cbabe")]
    [InlineData("an LVM physical volume", 512, "4c4142454c4f4e45")]
    [InlineData("a GPT partition table", 512, "4546492050415254")]
    [InlineData("a GPT partition table", (1 << 20) - 512, "4546492050415254")]
    [InlineData("a boot sector or partition table", 510, "55aa")]
    [InlineData("a member of a RAID", 4096, "fc4e2ba9")]
    [InlineData("a member of a RAID", (1 << 20) - 8192, "fc4e2ba9")]
    [InlineData("a member of a RAID", (1 << 20) - 65536, "fc4e2ba9")]
    [InlineData("data, at byte 4 and perhaps elsewhere", 4, "01")]
    [InlineData("data, at byte 4095 and perhaps elsewhere", 4095, "01")]
    [InlineData("data, at byte 0 and perhaps elsewhere", 0, "4b444d56")]
    public async Task not_overwrite_what_is_there(string what, int at, string magic)
    {
        Convert.FromHexString(magic).CopyTo(_cow.Bytes[at..]);
        var before = _cow.Bytes.ToArray();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        foreach (var mode in new[] { StoreMode.Create, StoreMode.OpenOrCreate })
        {
            var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, Kept with { Mode = mode })));
            Assert.Equal(SnapshotStoreError.OtherData, refusal.Reason);
            Assert.Contains($"cow holds {what}, which a COW store would overwrite", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, _cow.Bytes.ToArray());
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { Mode = StoreMode.Replace });
        await Write(origin, 0, Bytes.Random(Chunk, 3));
        Assert.Equal(OriginDevice().Bytes.ToArray(), await ReadAll(snapshot));
    }

    [Fact]
    public async Task be_made_where_a_store_was_wiped()
    {
        new Random(1).NextBytes(_cow.Bytes[Chunk..]);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(_cow, Kept with { Mode = StoreMode.Create });
        Assert.Equal(OriginDevice().Bytes.ToArray(), await ReadAll(snapshot));
    }

    [Fact]
    public async Task leave_no_old_store_behind_that_looks_valid_whenever_replacing_it_is_interrupted()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using (var snapshot = await origin.OpenSnapshotAsync(_cow, Kept))
            await Write(snapshot, 0, Bytes.Random(20 * Chunk, 3));
        var old = _cow.Bytes.ToArray();
        for (var n = 1; ; n++)
        {
            old.CopyTo(_cow.Bytes);
            var disk = _cow.WithErrorAt(n, long.MaxValue, operations: IoOperations.Write | IoOperations.Flush);
            try
            {
                await (await origin.OpenSnapshotAsync(disk, Kept with { Mode = StoreMode.Replace })).DisposeAsync();
                Assert.True(n > 5, $"{n} writes and flushes");
                break;
            }
            catch (SnapshotStoreException)
            {
                if (n > 1)      // the first I/O wipes the header; until then the old store remains
                    await NewOrNoneAsync();
                else
                    Assert.Equal(20, (await SnapshotStore.ReadAsync(_cow)).Exceptions.Count);
            }
        }
    }

    private async Task NewOrNoneAsync()
    {
        try
        {
            Assert.Empty((await SnapshotStore.ReadAsync(_cow)).Exceptions);
        }
        catch (SnapshotStoreException none)
        {
            Assert.Equal(SnapshotStoreError.NoStore, none.Reason);
        }
    }

    [Fact]
    public async Task be_refused_by_a_reason_that_programs_understand()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await IsRefusedAsync(origin, BlockDevice.Memory(2 * Chunk - 512), Kept, SnapshotStoreError.TooSmall);
        await IsRefusedAsync(origin, BlockDevice.Memory(100), Kept, SnapshotStoreError.TooSmall);
        await IsRefusedAsync(origin, Cow(), Kept with { Mode = StoreMode.Open }, SnapshotStoreError.NoStore);
        await IsRefusedAsync(origin, Cow().WithErrorAt(1, long.MaxValue, operations: IoOperations.Write), Kept, SnapshotStoreError.WriteFailed);
        await IsRefusedAsync(origin, Cow().WithErrorAt(1, long.MaxValue, operations: IoOperations.Read), Kept, SnapshotStoreError.ReadFailed);
        await IsRefusedAsync(origin, Cow().WithFlushError(), Kept, SnapshotStoreError.WriteFailed);
        await (await origin.OpenSnapshotAsync(_cow, Kept)).DisposeAsync();
        await IsRefusedAsync(origin, _cow, Kept with { Mode = StoreMode.Create }, SnapshotStoreError.HoldsStore);
        _cow.Bytes[8] = 2;
        await IsRefusedAsync(origin, _cow, Kept, SnapshotStoreError.UnknownVersion);
        (_cow.Bytes[8], _cow.Bytes[12]) = (1, 3);
        await IsRefusedAsync(origin, _cow, Kept, SnapshotStoreError.Damaged);
        _cow.Bytes[0] = 1;
        await IsRefusedAsync(origin, _cow, Kept with { Mode = StoreMode.Open }, SnapshotStoreError.OtherData);
    }

    private static async Task IsRefusedAsync(SnapshotOrigin origin, IBlockDevice cow, SnapshotOptions options, SnapshotStoreError reason) =>
        Assert.Equal(reason, (await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(cow, options)))).Reason);
}
