using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class StallDevice_should
{
    private readonly byte[] _buffer = new byte[512];

    [Fact]
    public async Task hold_operations_until_they_are_released_oldest_first()
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        var first = device.ReadAsync(0, _buffer).AsTask();
        var second = device.FlushAsync().AsTask();
        Assert.Equal(2, device.Waiting);

        Assert.True(device.ReleaseOne());
        Assert.Equal(IoResult.Success(512), await first);
        Assert.False(second.IsCompleted);

        device.Release();
        Assert.Equal(IoResult.Success(0), await second);
        Assert.False(device.ReleaseOne());
        Assert.True(device.ReadAsync(0, _buffer).AsTask().IsCompleted);
        Assert.Equal(2, device.Injected);
    }

    [Fact]
    public async Task tell_when_as_many_wait_as_were_asked_for()
    {
        await using var device = BlockDevice.Memory(512).WithStall(IoOperations.Write);
        var two = device.WaitingAsync(2);
        Assert.True(device.ReadAsync(0, _buffer).AsTask().IsCompleted);
        var writes = new List<Task<IoResult>> { device.WriteAsync(0, _buffer).AsTask() };
        Assert.False(two.IsCompleted);
        writes.Add(device.WriteAsync(0, _buffer).AsTask());
        await two;
        await device.WaitingAsync(1);

        device.Release();
        await Task.WhenAll(writes);
    }

    [Fact]
    public async Task stall_again_after_it_was_released()
    {
        await using var device = BlockDevice.Memory(512).WithStall();
        device.Release();
        device.Stall();
        var read = device.ReadAsync(0, _buffer).AsTask();
        await device.WaitingAsync();
        Assert.False(read.IsCompleted);
        device.Release();
        Assert.True((await read).IsSuccess);
    }

    [Fact]
    public async Task end_what_waits_with_the_error_that_it_is_released_with()
    {
        var memory = BlockDevice.Memory(512);
        var device = memory.WithStall();
        var timedOut = device.WriteAsync(0, Bytes.Filled(512, 1)).AsTask();
        device.ReleaseOne(IoError.TimedOut);
        Assert.Equal(IoResult.Failure(IoError.TimedOut), await timedOut);

        var closed = device.WriteAsync(0, Bytes.Filled(512, 1)).AsTask();
        await device.DisposeAsync();
        Assert.Equal(IoResult.Failure(IoError.Closed), await closed);
        Assert.Equal(0, memory.Bytes[0]);
    }

    [Fact]
    public async Task continue_what_waited_on_the_thread_that_releases_it_and_hold_no_lock_then()
    {
        await using var device = BlockDevice.Memory(4096).WithStall();
        var continuedOn = 0;
        var read = device.ReadAsync(0, new byte[512]).AsTask().ContinueWith(_ =>
        {
            continuedOn = Environment.CurrentManagedThreadId;
            Assert.True(Task.Run(() => device.Waiting == 0).Result);        // would wait forever if the lock were held
        }, TaskContinuationOptions.ExecuteSynchronously);
        var releaser = new Thread(() => device.Release());      // has no synchronization context that would run the continuation
        releaser.Start();
        await read;
        releaser.Join();
        Assert.Equal(releaser.ManagedThreadId, continuedOn);
    }
}
