using Akka.Configuration;
using Akka.Dispatch;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Makes the mailboxes of a dispatcher steps of the simulation. A dispatcher's configuration names it as its executor.</summary>
internal sealed class SimulatedExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) =>
        new Executor(id, Engine.Find(Config.GetInt("simulation")).Processes[Config.GetInt("process")]);

    private sealed class Executor(string id, Process process) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => process.Engine.Add(process, run);

        public override void Shutdown() { }
    }
}
