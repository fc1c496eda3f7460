using System.Buffers.Binary;
using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Metadata that is damaged, truncated or something else is refused, with the reason and the place.</summary>
public sealed class MetadataReader_should
{
    private static readonly GoldenClone Golden = GoldenClone.Of("two-arrays");

    [Fact]
    public async Task refuse_a_flipped_bit_in_any_block_in_use()
    {
        var intact = Golden.Metadata();
        var image = (await MetadataReader.ReadAsync(intact))!;
        for (var block = 0; block < image.Space.Blocks; block++)
        {
            foreach (var at in new[] { 4, 12, 1000, 4095 })
            {
                var device = Golden.Metadata();
                device.Bytes[block * MetadataBlock.Size + at] ^= 16;
                if (!image.Space.IsUsed(block))
                {
                    Assert.NotNull(await MetadataReader.ReadAsync(device));
                    continue;
                }
                var refusal = await Refusal(device);
                Assert.Equal((CloneMetadataError.Damaged, (long?)block * MetadataBlock.Size), (refusal.Reason, refusal.Offset));
            }
        }
    }

    [Fact]
    public async Task refuse_a_block_that_was_written_to_another_place()
    {
        var device = Golden.Metadata();
        var image = (await MetadataReader.ReadAsync(device))!;
        var (leaf, _) = image.Locate(0);
        device.Bytes.Slice((int)leaf.Values[0] * MetadataBlock.Size, MetadataBlock.Size)
            .CopyTo(device.Bytes.Slice((int)leaf.Values[1] * MetadataBlock.Size, MetadataBlock.Size));

        var refusal = await Refusal(device);

        Assert.Equal(CloneMetadataError.Damaged, refusal.Reason);
        Assert.Contains($"says that it is block {leaf.Values[0]}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_data_that_is_not_metadata()
    {
        var device = Golden.Metadata();
        device.Bytes[..MetadataBlock.Size].Fill(7);

        Assert.Equal(CloneMetadataError.OtherData, (await Refusal(device)).Reason);
    }

    [Fact]
    public async Task refuse_a_device_that_ends_before_its_metadata()
    {
        var whole = Golden.Metadata();
        var device = BlockDevice.Memory(whole.Length - MetadataBlock.Size);
        whole.Bytes[..(int)device.Length].CopyTo(device.Bytes);

        var refusal = await Refusal(device);

        Assert.Equal((CloneMetadataError.Truncated, whole.Length), (refusal.Reason, refusal.Needed));
    }

    [Theory]
    [InlineData(40, 2, CloneMetadataError.UnknownVersion)]      // version
    [InlineData(4, 1, CloneMetadataError.UnknownVersion)]       // flags
    [InlineData(172, 12, CloneMetadataError.Damaged)]           // region size: no power of two
    [InlineData(180, 0, CloneMetadataError.Damaged)]            // clone of no size
    [InlineData(44, 0x7fffffff, CloneMetadataError.Damaged)]    // blocks of the space map
    [InlineData(52, 9, CloneMetadataError.Damaged)]             // blocks in use
    [InlineData(188, 1, CloneMetadataError.Damaged)]            // the root is no node
    [InlineData(188, 16, CloneMetadataError.Damaged)]           // the root is the index
    [InlineData(16, 5, CloneMetadataError.Damaged)]             // where this version has nothing
    public async Task refuse_a_superblock_with_a_valid_checksum_that_makes_no_sense(int at, int value, CloneMetadataError reason)
    {
        var device = Golden.Metadata();
        BinaryPrimitives.WriteInt32LittleEndian(device.Bytes[at..], value);
        MetadataBlock.Seal(BlockKind.Superblock, 0, device.Bytes[..MetadataBlock.Size]);

        Assert.Equal(reason, (await Refusal(device)).Reason);
    }

    [Fact]
    public async Task refuse_a_tree_that_leads_to_a_block_twice()
    {
        var device = Golden.Metadata();
        var image = (await MetadataReader.ReadAsync(device))!;
        var root = image.Root;
        root.Values[1] = root.Values[0];
        root.Write(device.Bytes.Slice((int)root.Block * MetadataBlock.Size, MetadataBlock.Size));

        Assert.Contains("is in use twice", (await Refusal(device)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task name_the_place_that_cannot_be_read()
    {
        var device = Golden.Metadata().WithErrors(new ByteRange(14 * MetadataBlock.Size, 512));

        var refusal = await Refusal(device);

        Assert.Equal((CloneMetadataError.ReadFailed, IoError.Io, (long?)14 * MetadataBlock.Size), (refusal.Reason, refusal.Error, refusal.Offset));
    }

    [Fact]
    public async Task find_no_metadata_where_the_first_block_is_zero()
    {
        var device = BlockDevice.Memory(1 << 20);
        device.Bytes[5000] = 1;

        Assert.Null(await MetadataReader.ReadAsync(device));
    }

    private static async Task<CloneMetadataException> Refusal(IBlockDevice device) =>
        await Assert.ThrowsAsync<CloneMetadataException>(() => MetadataReader.ReadAsync(device).AsTask());
}
