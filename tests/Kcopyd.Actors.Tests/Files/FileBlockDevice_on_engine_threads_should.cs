using Kcopyd.Actors.Files;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Threads;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

/// <summary>Which transfers go through the ring, and which complete at once because they would not wait.</summary>
[Collection(Alone.Name)]
public sealed class FileBlockDevice_on_engine_threads_should : AkkaTestKit
{
    private const int Length = 1 << 20;

    private readonly TempFolder _disk = new(AppContext.BaseDirectory);
    private readonly EngineThreads _pool;

    public FileBlockDevice_on_engine_threads_should() => _pool = Pools.Open(Sys, target: 1);

    protected override void AfterAll()
    {
        _pool.Shutdown();
        _disk.Dispose();
        base.AfterAll();
    }

    [SkippableFact]
    public async Task read_what_is_cached_without_the_ring_and_what_is_not_with_it()
    {
        // Written past the page cache. Eviction would not be reliable: the kernel drops pages on a best-effort basis and may keep one that another processor
        // has just looked at.
        using var memory = new AlignedMemory(Length);
        var content = Bytes.Random(Length);
        content.CopyTo(memory.Memory);
        var path = _disk["file"];
        await using (var direct = Open(path, IoMode.Direct, Length))
            Assert.Equal(IoResult.Success(Length), await direct.WriteAsync(0, memory.Memory));
        await using var device = Open(path, IoMode.Buffered);

        memory.Memory.Span.Clear();
        Assert.Equal((true, IoResult.Success(65536)), OnPool(() => device.ReadAsync(0, memory.Memory[..65536])));
        Assert.Equal(content[..65536], memory.Memory[..65536].ToArray());
        Assert.Equal((false, IoResult.Success(65536)), OnPool(() => device.ReadAsync(0, memory.Memory[..65536])));
    }

    [SkippableFact]
    public async Task read_and_write_directly_with_the_ring_and_the_unaligned_tail_too()
    {
        const int Odd = 100_001;
        var content = Bytes.Random(Odd);
        await using var device = Open(_disk.File("file", new byte[Odd]), IoMode.Direct);
        using var memory = new AlignedMemory(Odd);
        content.CopyTo(memory.Memory);
        var head = Odd & -device.Alignment;

        var (ring, result) = OnPool(() => device.WriteAsync(0, memory.Memory));
        Assert.Equal((true, IoResult.Success(head)), (ring, result));       // the aligned head, then the tail through the page cache
        Assert.Equal(IoResult.Success(Odd - head), OnPool(() => device.WriteAsync(head, memory.Memory[head..])).Result);
        Assert.Equal(content, File.ReadAllBytes(device.Name));

        memory.Memory.Span.Clear();
        (ring, result) = OnPool(() => device.ReadAsync(0, memory.Memory));
        Assert.Equal((true, IoResult.Success(head)), (ring, result));
        Assert.Equal(IoResult.Success(Odd - head), OnPool(() => device.ReadAsync(head, memory.Memory[head..])).Result);
        Assert.Equal(content, memory.Memory.ToArray());
    }

    [SkippableFact]
    public async Task never_use_the_ring_for_a_file_in_memory()
    {
        const string InMemory = "/dev/shm";
        Skip.IfNot(Directory.Exists(InMemory), "needs a tmpfs at /dev/shm");
        using var folder = new TempFolder(InMemory);
        await using var device = BlockDevice.Open(folder.File("file", new byte[Length]), new() { Io = IoMode.Buffered });
        var content = Bytes.Random(Length);
        Assert.Equal((false, IoResult.Success(Length)), OnPool(() => device.WriteAsync(0, content)));
        var memory = new byte[Length];
        Assert.Equal((false, IoResult.Success(Length)), OnPool(() => device.ReadAsync(0, memory)));
        Assert.Equal(content, memory);
    }

    [SkippableFact]
    public async Task write_buffered_while_it_has_transfers_without_waiting_on_the_thread()
    {
        await using var device = Open(_disk.File("file", new byte[Length]), IoMode.Buffered);
        using var pipe = new Uring.Pipe();
        var content = Bytes.Random(Length);
        var (pending, write) = _pool.Get(() => (Pools.ReadHere(pipe), device.WriteAsync(0, content).AsTask()));
        Assert.Equal(IoError.None, write.Soon().Error);
        Assert.False(pending.IsCompleted);
        Assert.Equal(content[..(int)write.Result.Bytes], File.ReadAllBytes(device.Name)[..(int)write.Result.Bytes]);
        pipe.Fill();
        pending.Soon();
    }

    [SkippableFact]
    public async Task flush_elsewhere_while_its_thread_has_transfers()
    {
        await using var device = Open(_disk.File("file", new byte[Length]), IoMode.Buffered);
        using var pipe = new Uring.Pipe();
        var (pending, flush) = _pool.Get(() => (Pools.ReadHere(pipe), device.FlushAsync().AsTask()));
        Assert.Equal(IoResult.Success(0), flush.Soon());
        Assert.False(pending.IsCompleted);
        Assert.Equal(2, _pool.Running.All);
        pipe.Fill();
        pending.Soon();
    }

    [SkippableFact]
    public async Task answer_as_elsewhere_at_the_end_and_behind_it_and_when_it_is_closed()
    {
        using var memory = new AlignedMemory(8192);
        var device = Open(_disk.File("file", new byte[10_000]), IoMode.Direct);
        Assert.Equal(IoResult.Success(0), OnPool(() => device.ReadAsync(10_000, memory.Memory)).Result);
        Assert.Equal(IoResult.Success(1808 & -device.Alignment), OnPool(() => device.ReadAsync(8192, memory.Memory)).Result);
        Assert.Equal(IoError.NoSpace, OnPool(() => device.WriteAsync(12_288, memory.Memory)).Result.Error);
        Assert.Equal(10_000, new FileInfo(device.Name).Length);
        await device.DisposeAsync();
        Assert.Equal(IoError.Closed, OnPool(() => device.ReadAsync(0, memory.Memory)).Result.Error);
        Assert.Equal(IoError.Closed, OnPool(() => device.WriteAsync(0, memory.Memory)).Result.Error);
    }

    private (bool Ring, IoResult Result) OnPool(Func<ValueTask<IoResult>> transfer)
    {
        var (ring, result) = _pool.Get(() =>
        {
            var begun = transfer().AsTask();
            return (EngineThread.Lane!.HasTransfers, begun);
        });
        return (ring, result.Soon());
    }

    private static FileBlockDevice Open(string path, IoMode mode, long length = 0)
    {
        using (var file = LibC.Open(Path.GetDirectoryName(path)!, LibC.O_RDONLY, out _)!)
        {
            Assert.Equal(0, LibC.Status(file, out var status));
            Skip.If(FileSystem.Of(file, status).IsInMemory, "the tests' folder is in memory");
        }
        try
        {
            return BlockDevice.Open(path, new() { Io = mode, Length = length, Create = length > 0 });
        }
        catch (IOException e) when (e.Message.Contains("direct I/O", StringComparison.Ordinal))
        {
            throw new SkipException("the file system of the tests' folder has no direct I/O");
        }
    }
}
