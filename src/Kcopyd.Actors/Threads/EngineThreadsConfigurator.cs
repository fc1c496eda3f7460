using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Threads;

/// <summary>Creates <see cref="EngineThreads"/> from a dispatcher's section; see <c>kcopyd.dispatcher</c> in <c>reference.conf</c>.</summary>
internal sealed class EngineThreadsConfigurator(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    private const int ProcessorCount = 0, DefaultMax = 256;      // for an application's dispatcher that sets neither

    public override ExecutorService Produce(string id)
    {
        var (threads, max, usesRings) = Read(Config, id);
        Prerequisites.EventStream.Publish(new Debug(null, id, typeof(EngineThreads), usesRings
            ? "I/O engine: io_uring, for transfers that must wait."
            : "I/O engine: threads, which block on I/O, because the settings or KCOPYD_IO_ENGINE say so."));
        return new EngineThreads(id, threads, max, Prerequisites.EventStream, usesRings);
    }

    /// <summary>
    /// Refuses an invalid section while a caller can receive the error: Akka creates the executor for a dispatcher's first message, and the sender of that
    /// message does not learn of an error there.
    /// </summary>
    /// <param name="section">The dispatcher's section; ignored if it has another executor.</param>
    /// <param name="id">The path of the section.</param>
    /// <exception cref="ConfigurationException">A setting is out of range, or not available on this system.</exception>
    public static void Check(Config section, string id)
    {
        if (section.GetString("executor")?.StartsWith(typeof(EngineThreadsConfigurator).FullName!, StringComparison.Ordinal) == true)
            Read(section, id);
    }

    private static (int Threads, int Max, bool UsesRings) Read(Config section, string id)
    {
        var settings = new ConfigSection(section, id);
        var (threads, max) = (settings.Int("threads", ProcessorCount), settings.Int("max-threads", DefaultMax));
        if (threads < 0 || max < 1)
            throw new ConfigurationException($"{id}: threads = {threads} and max-threads = {max}: threads must be at least 0, and max-threads at least 1.");
        // Not GetString with a default: for a dispatcher's section, that returns an empty string.
        var engine = IoEngines.Of(section.HasPath("io-engine") ? section.GetString("io-engine") : "auto", $"{id}.io-engine");
        if (engine == IoEngine.IoUring)
            IoEngines.RequireRing($"{id}.io-engine");
        return (threads == 0 ? Environment.ProcessorCount : threads, max, engine != IoEngine.Threads);
    }
}
