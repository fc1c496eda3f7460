using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors.Faults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

/// <summary>Runs alone: the coordinated shutdown uses real time and would be short of threads while other tests run.</summary>
[CollectionDefinition("real time", DisableParallelization = true)]
public sealed class RealTime;

[Collection("real time")]
public sealed class HostStop_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task wait_for_a_running_job_and_refuse_new_ones()
    {
        var logs = new RecordedLogs();
        using var host = await StartAsync(logs, "30 s");
        var client = host.Services.GetRequiredService<KcopydClient>();
        var stalled = BlockDevice.Memory(4096).WithStall();
        var copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [stalled.Whole()]);
        await stalled.WaitingAsync();

        var destroying = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CoordinatedShutdown.Get(host.Services.GetRequiredService<ActorSystem>()).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "observe", () =>
        {
            destroying.TrySetResult();
            return Task.FromResult(Akka.Done.Instance);
        });
        var stop = host.StopAsync();
        await destroying.Task.WaitAsync(Patience);
        Assert.True(SpinWait.SpinUntil(() => client.IsClosed, Patience));
        Assert.Throws<KcopydClientClosedException>(() => client.PrepareCallback((_, _, _) => { }));
        Assert.True((await client.GetStatusAsync()).IsClosing);
        Assert.False(stop.IsCompleted);

        stalled.Release();
        Assert.True((await copy).IsSuccess);
        await stop.WaitAsync(Patience);
        Assert.DoesNotContain(logs.Lines, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task not_hang_on_a_token_that_is_never_fired_but_report_it_and_notify_it()
    {
        var logs = new RecordedLogs();
        using var host = await StartAsync(logs, "2 s");
        var client = host.Services.GetRequiredService<KcopydClient>();
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.PrepareCallback((readError, writeErrors, _) => told.TrySetResult(readError && writeErrors == ulong.MaxValue), "chunk 42");

        await host.StopAsync().WaitAsync(Patience);
        var report = Assert.Single(logs.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains("cannot wait longer", StringComparison.Ordinal));
        Assert.Contains("1 prepared callback(s) #1(chunk 42)", report.Text, StringComparison.Ordinal);
        Assert.Contains("akka.coordinated-shutdown.phases.before-actor-system-terminate.timeout", report.Text, StringComparison.Ordinal);
        Assert.True(await told.Task.WaitAsync(Patience), "the token was not notified of a failure");
    }

    [Fact]
    public async Task not_hang_on_a_callback_that_blocks_its_client_but_report_it()
    {
        var logs = new RecordedLogs();
        using var host = await StartAsync(logs, "2 s");
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Services.GetRequiredService<KcopydClient>().PrepareCallback((_, _, _) =>
        {
            blocked.TrySetResult();
            release.Wait();
        }).Submit();
        await blocked.Task.WaitAsync(Patience);

        var stop = host.StopAsync();
        try
        {
            await logs.WaitForAsync(line => line.Text.Contains("client 'kcopyd' does not answer: one of its callbacks blocks it", StringComparison.Ordinal));
        }
        finally
        {
            release.Set();
        }
        await stop.WaitAsync(Patience);
    }

    private static Task<IHost> StartAsync(RecordedLogs logs, string timeout) => Hosts.StartAsync(services => services
        .AddKcopyd()
        .AddAkka("app", akka => akka
            .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLoggerFactory())
            .AddHocon($"akka.coordinated-shutdown.phases.before-actor-system-terminate.timeout = {timeout}", HoconAddMode.Prepend)
            .WithKcopyd()), logs);
}
