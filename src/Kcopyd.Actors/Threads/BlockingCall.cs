using Akka.Dispatch;

namespace Kcopyd.Actors.Threads;

/// <summary>A call that was moved to an engine thread that may block.</summary>
internal sealed class BlockingCall<T>(Func<T> call) : IRunnable
{
    private readonly TaskCompletionSource<T> _result = new();    // continues inline: the caller that awaits it is a worker, whose continuation is a Tell

    public Task<T> Result => _result.Task;

    public void Run()
    {
        EngineThread.MayBlock();
        try
        {
            _result.SetResult(call());
        }
        catch (Exception exception)
        {
            _result.SetException(exception);
        }
    }

    public void Execute() => Run();
}
