using Akka.Dispatch;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// A step without the simulation's context, as the end of an I/O has none on the thread pool. .NET sends what awaits a task without a context to the thread
/// pool if the code that completes the task has a context; in this step, it continues at once.
/// </summary>
internal sealed class PlainStep(Action action) : IRunnable
{
    public Action Action => action;

    public void Run() => action();

    public void Execute() => action();
}
