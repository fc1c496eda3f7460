using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Threads;

/// <summary>Makes <see cref="EngineThreads"/> from a dispatcher's section; see <c>kcopyd.dispatcher</c> in <c>reference.conf</c>.</summary>
internal sealed class EngineThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    private const int ProcessorCount = 0, UsualMost = 256;      // for a dispatcher of somebody else's that does not say

    public override ExecutorService Produce(string id)
    {
        var (threads, most, usesRings) = Read(Config, id);
        Prerequisites.EventStream.Publish(new Debug(null, id, typeof(EngineThreads), usesRings
            ? "I/O engine: io_uring, for transfers that must wait."
            : "I/O engine: threads, which block on I/O, because the settings or KCOPYD_IO_ENGINE say so."));
        return new EngineThreads(id, threads, most, Prerequisites.EventStream, usesRings);
    }

    /// <summary>
    /// Refuses a section that is wrong while somebody can be told: Akka makes the executor for a dispatcher's first message, and who sent
    /// that hears nothing of what goes wrong there.
    /// </summary>
    /// <param name="section">The dispatcher's; one of another executor is left alone.</param>
    /// <param name="id">Where it stands.</param>
    /// <exception cref="ConfigurationException">A setting is outside its range, or cannot be had here.</exception>
    public static void Check(Config section, string id)
    {
        if (section.GetString("executor")?.StartsWith(typeof(EngineThreadsConfigurator).FullName!, StringComparison.Ordinal) == true)
            Read(section, id);
    }

    private static (int Threads, int Most, bool UsesRings) Read(Config section, string id)
    {
        var settings = new ConfigSection(section, id);
        var (threads, most) = (settings.Int("threads", ProcessorCount), settings.Int("max-threads", UsualMost));
        if (threads < 0 || most < 1)
            throw new ConfigurationException($"{id}: threads = {threads} and max-threads = {most}: must be at least 0 and at least 1.");
        // Not GetString with a default: for a dispatcher's section that answers an empty one.
        var engine = IoEngines.Of(section.HasPath("io-engine") ? section.GetString("io-engine") : "auto", $"{id}.io-engine");
        if (engine == IoEngine.IoUring)
            IoEngines.RequireRing($"{id}.io-engine");
        return (threads == 0 ? Environment.ProcessorCount : threads, most, engine != IoEngine.Threads);
    }
}
