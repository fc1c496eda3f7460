using Akka.Configuration;
using Akka.Dispatch;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// Makes the mailboxes of a dispatcher steps of the simulation. A dispatcher's configuration names it as its executor; the process is that of the scheduler.
/// </summary>
internal sealed class SimulatedExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Executor(id, Process.Of(Prerequisites.Settings.Config));

    private sealed class Executor(string id, Process process) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => process.Engine.Add(process, run);

        public override void Shutdown() { }
    }
}
