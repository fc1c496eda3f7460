using Akka.Actor;
using Kcopyd.Actors;
using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>The base of tests with a client of a running actor system, a folder, and devices that are closed before both end.</summary>
public abstract class EngineTest : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly ActorSystem _system = ActorSystem.Create("interop", "akka.loglevel = WARNING");

    internal TempFolder Folder { get; } = new();

    protected ActorSystem Actors => _system;

    /// <summary>Small sub-jobs, so that small devices keep many of them in flight.</summary>
    protected KcopydClient Client { get; private set; } = null!;

    public Task InitializeAsync()
    {
        Client = Own(_system.Kcopyd().CreateClient(settings: _system.Kcopyd().Settings with { SubJobSize = 64 << 10 }));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        try
        {
            while (_owned.TryPop(out var owned))
                await owned.DisposeAsync();
        }
        finally
        {
            await _system.Terminate();
            Folder.Dispose();
        }
    }

    /// <summary>Registers an object that is disposed with the test, in reverse order.</summary>
    protected T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    protected FileBlockDevice Open(string path, IoMode io = IoMode.Buffered) => Own(BlockDevice.Open(path, new() { Io = io }));

    protected FileBlockDevice OpenSource(string path, IoMode io = IoMode.Buffered) => Own(BlockDevice.Open(path, new() { Io = io, ReadOnly = true }));

    protected FileBlockDevice Create(string path, long length) => Own(BlockDevice.Open(path, new() { Create = true, Length = length }));

    /// <summary>Waits until the job's progress meets a condition.</summary>
    protected static Task ProgressAsync(KcopydJob job, Func<JobProgress, bool> isReached)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        job.SubscribeProgress(new Watch(progress =>
        {
            if (isReached(progress))
                reached.TrySetResult();
            else if (progress.State == JobState.Completed)
                reached.TrySetException(new InvalidOperationException($"the job is done before its progress was as expected: {progress}"));
        }), TimeSpan.FromMilliseconds(1));
        return reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Watch(Action<JobProgress> report) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => report(value);
    }
}
