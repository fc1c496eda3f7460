using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>What an NBD device reports about its server: on the event stream, in its state, and in the log.</summary>
public sealed class Device_events_should : NbdClientSpec
{
    private static readonly NbdClientOptions Options = new() { ReconnectLimit = TimeSpan.FromSeconds(30) };

    public Device_events_should() : base(VirtualTime) => Sys.EventStream.Subscribe(TestActor, typeof(NbdDeviceStateChanged));

    private async Task<NbdDeviceStateChanged> NextAsync(TimeSpan step = default)
    {
        await Until(() =>
        {
            if (step > TimeSpan.Zero)
                Scheduler.Advance(step);
            return HasMessages;
        });
        return await ExpectMsgAsync<NbdDeviceStateChanged>();
    }

    [Fact]
    public async Task tell_once_that_the_server_is_lost_and_once_that_it_is_back()
    {
        var mayAnswer = new TaskCompletionSource();
        var server = Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                if (connection.Number == 1)
                    return;
                await mayAnswer.Task;
                await connection.SimpleAsync(request.Cookie);
            }
        });
        var device = await OpenAsync(server, Options);
        Assert.Equal(NbdDeviceState.Connected, device.State);

        var write = device.WriteAsync(0, new byte[512]).AsTask();
        var lost = await NextAsync();
        Assert.Equal((device.Name, NbdDeviceState.Reconnecting), (lost.Device, lost.State));
        Assert.Contains("closed the connection", lost.Reason, StringComparison.Ordinal);
        Assert.Equal(NbdDeviceState.Reconnecting, device.State);

        mayAnswer.SetResult();
        Assert.True((await Soon(write)).IsSuccess);
        Assert.Equal(new NbdDeviceStateChanged(device.Name, NbdDeviceState.Connected, ""), await NextAsync());
        Assert.Equal(NbdDeviceState.Connected, device.State);

        await Soon(device.DisposeAsync().AsTask());
        Assert.Equal(NbdDeviceState.Closed, device.State);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task tell_that_the_server_is_back_also_if_nobody_asks_it_for_anything()
    {
        var server = Serve(new FakeExport(), static connection => connection.SwallowAsync());
        var device = await OpenAsync(server, Options);
        server.Kill();
        Assert.Equal(NbdDeviceState.Reconnecting, (await NextAsync()).State);
        Assert.Equal(NbdDeviceState.Connected, (await NextAsync(TimeSpan.FromMilliseconds(100))).State);
        Assert.Equal(NbdDeviceState.Connected, device.State);
    }

    [Fact]
    public async Task not_tell_of_each_time_that_a_server_comes_and_goes_and_tell_the_last_reason_when_the_device_fails()
    {
        var isOver = false;
        var server = Serve(async connection =>
        {
            if (!Volatile.Read(ref isOver))
                await connection.NegotiateAsync(new FakeExport());
        });
        await EventFilter.Warning(contains: "the server is lost").ExpectOneAsync(() => EventFilter.Error(contains: "failed for good").ExpectOneAsync(async () =>
        {
            var device = await OpenAsync(server, Options);
            Assert.Equal(NbdDeviceState.Reconnecting, (await NextAsync()).State);
            await Until(() =>
            {
                Scheduler.Advance(TimeSpan.FromMilliseconds(50));
                return server.Accepted > 5;
            });
            Volatile.Write(ref isOver, true);
            var write = device.WriteAsync(0, new byte[512]).AsTask();
            var failed = await NextAsync(TimeSpan.FromSeconds(1));
            Assert.Equal((device.Name, NbdDeviceState.Failed), (failed.Device, failed.State));
            Assert.Contains("within 30 s", failed.Reason, StringComparison.Ordinal);
            Assert.Contains("closed the connection", failed.Reason, StringComparison.Ordinal);
            Assert.Equal(IoError.NoDevice, (await Soon(write)).Error);
            Assert.Equal(NbdDeviceState.Failed, device.State);
        }));
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task tell_of_the_failure_at_once_where_reconnecting_is_off()
    {
        var server = Serve(new FakeExport(), static _ => Task.CompletedTask);
        var device = await OpenAsync(server, Options with { ReconnectLimit = TimeSpan.Zero });
        Assert.Equal(NbdDeviceState.Failed, (await NextAsync()).State);
        Assert.Equal(NbdDeviceState.Failed, device.State);
    }
}
