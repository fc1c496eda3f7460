using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>A store belongs to one origin: with another origin it would show, and merge, a mixture of both.</summary>
public sealed class Store_of_another_origin_should : SnapshotSpec
{
    private static readonly OriginIdentity Mine = new("disk 1", "/disks/one"), Other = new("disk 2", "/disks/two");

    private readonly MemoryBlockDevice _cow = Cow();

    [Theory, InlineData(false), InlineData(true)]
    public async Task be_refused_and_both_be_named(bool readOnly)
    {
        await UseAsync(Mine);
        var before = _cow.Bytes.ToArray();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(OriginLength, readOnly: readOnly, name: "memory"), identity: Other);
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })));
        Assert.Equal(SnapshotStoreError.OtherOrigin, refusal.Reason);
        Assert.Equal(
            $"cow is a snapshot of /disks/one ({OriginLength} bytes, disk 1), not of /disks/two ({OriginLength} bytes, disk 2)."
            + " If the origin was moved or restored and its content is unchanged, open the store with AcceptOrigin.",
            refusal.Message);
        Assert.Equal(before, _cow.Bytes.ToArray());
    }

    [Fact]
    public async Task be_refused_where_only_the_length_tells()
    {
        await UseAsync(new OriginIdentity(null, "memory"));
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice(OriginLength - Chunk), identity: new OriginIdentity(null, "memory"));
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })));
        Assert.Equal(SnapshotStoreError.OtherOrigin, refusal.Reason);
    }

    [Fact]
    public async Task be_taken_where_nothing_tells_that_it_is_another()
    {
        await UseAsync(Mine);
        await UseAsync(new OriginIdentity(null, "memory"));
        await UseAsync(Mine);
    }

    [Fact]
    public async Task be_bound_to_the_origin_that_is_accepted()
    {
        await UseAsync(Mine);
        await UseAsync(Other, new() { AcceptOrigin = true, LeaveOpen = true });
        await UseAsync(Other);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice(), identity: Mine);
        await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })));
    }

    [Fact]
    public async Task be_bound_also_by_who_only_reads_the_origin()
    {
        await UseAsync(Mine);
        await UseAsync(Other, new() { AcceptOrigin = true, LeaveOpen = true }, isReadOnly: true);
        await UseAsync(Other);
    }

    [Fact]
    public async Task be_accepted_with_a_damaged_label_and_not_otherwise()
    {
        await UseAsync(Mine);
        _cow.Bytes[100] ^= 1;
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice(), identity: Mine);
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(origin.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })));
        Assert.Equal(SnapshotStoreError.DamagedLabel, refusal.Reason);
        Assert.Equal(SnapshotStoreError.DamagedLabel, (await Assert.ThrowsAsync<SnapshotStoreException>(() => SnapshotStore.ReadAsync(_cow))).Reason);
        var shown = await SnapshotStore.ReadAsync(_cow, acceptDamagedLabel: true);
        Assert.Equal((SnapshotStoreError.DamagedLabel, null), (shown.LabelError!.Reason, shown.Label));
        await UseAsync(Mine, new() { AcceptOrigin = true, LeaveOpen = true });
        await UseAsync(Mine);
        Assert.Null((await SnapshotStore.ReadAsync(_cow, acceptDamagedLabel: true)).LabelError);
    }

    [Fact]
    public async Task be_taken_without_a_label_and_get_one_from_the_first_writer_of_its_origin()
    {
        StoreHeader.Of(new StoreGeometry(Chunk), valid: true).Write(_cow.Bytes[..Chunk]);      // as the kernel creates it
        var made = _cow.Bytes.ToArray();
        await UseAsync(Mine, isReadOnly: true);
        Assert.Equal(made, _cow.Bytes.ToArray());
        await UseAsync(Mine);
        var label = (await SnapshotStore.ReadAsync(_cow)).Label!;
        Assert.Equal((OriginLength, "disk 1", "/disks/one", false), (label.OriginLength, label.OriginKey, label.OriginName, label.IsUnclean));
    }

    [Fact]
    public async Task be_the_store_of_a_file_that_was_replaced_and_not_of_one_that_was_renamed()
    {
        using var folder = new TempFolder();
        var (path, copy) = (folder.File("disk", Bytes.Random(OriginLength)), folder.File("copy", Bytes.Random(OriginLength)));
        await using (var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(path)))
            await (await origin.OpenSnapshotAsync(_cow, new() { ChunkSize = Chunk, LeaveOpen = true })).DisposeAsync();
        File.Move(path, folder["renamed"]);
        await using (var renamed = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(folder["renamed"])))
            await (await renamed.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })).DisposeAsync();
        Assert.Equal(folder["renamed"], (await SnapshotStore.ReadAsync(_cow)).Label!.OriginName);
        File.Move(copy, path);
        await using var replaced = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(path));
        var refusal = await Assert.ThrowsAsync<SnapshotStoreException>(() => Soon(replaced.OpenSnapshotAsync(_cow, new() { LeaveOpen = true })));
        Assert.Equal(SnapshotStoreError.OtherOrigin, refusal.Reason);
    }

    [Fact]
    public void know_a_range_of_a_file_by_where_it_begins()
    {
        using var folder = new TempFolder();
        using var file = new Disposer(BlockDevice.Open(folder.File("disk", new byte[OriginLength])));
        var whole = OriginIdentity.Of(file.Device);
        Assert.StartsWith("inode ", whole.Key, StringComparison.Ordinal);
        Assert.Equal(folder["disk"], whole.Name);
        Assert.Equal($"{whole.Key} from 8192", OriginIdentity.Of(BlockDevice.Range(BlockDevice.Range(file.Device, 4096, 16384), 4096, 8192)).Key);
        Assert.Null(OriginIdentity.Of(OriginDevice()).Key);
    }

    private async Task UseAsync(OriginIdentity identity, SnapshotOptions? options = null, bool isReadOnly = false)
    {
        var device = isReadOnly ? BlockDevice.Memory(OriginLength, readOnly: true) : OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device, identity: identity);
        await (await origin.OpenSnapshotAsync(_cow, options ?? new() { ChunkSize = Chunk, LeaveOpen = true })).DisposeAsync();
    }

    private sealed class Disposer(FileBlockDevice device) : IDisposable
    {
        public FileBlockDevice Device => device;

        public void Dispose() => device.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
