using Xunit;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// Marks a test that runs in a simulated world, once for each of many seeds: <c>public async Task Test(World world)</c>. It is one test of xunit, with one
/// result; the message of a failure names the seeds that failed.
/// </summary>
/// <remarks>
/// <para>Each run of a seed has its own instance of the class. The constructor, <see cref="IAsyncLifetime"/>, the method and <see cref="IDisposable"/> run
/// inside the simulation, on one thread. If the run cannot end, because of a deadlock or after <see cref="SimulationOptions.MaxTime"/>, the instance is not
/// disposed. Fixtures are created outside the simulation and shared by all seeds: one that a seed changes makes replays differ. A
/// <see cref="BeforeAfterTestAttribute"/> applies once, to all seeds together.</para>
/// <para><see cref="FactAttribute.Timeout"/> is real time, for all seeds together. As that of a fact, it fails the test but does not stop it.</para>
/// <para>The environment variables of <see cref="Simulation.RunMany"/> apply, such as KCOPYD_SIMULATION_SEED.</para>
/// </remarks>
/// <param name="count">How many seeds run: at least 1.</param>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Kcopyd.Actors.TestKit." + nameof(SeedsDiscoverer), "Kcopyd.Actors.TestKit.Xunit")]
public class SeedsAttribute(int count) : FactAttribute
{
    /// <summary>How many seeds run.</summary>
    public int Count { get; } = count;

    /// <summary>The first seed. Default: 1.</summary>
    public int First { get; set; } = 1;

    /// <summary>How many seeds run twice, to see that they replay. Default: 3.</summary>
    public int Replays { get; set; } = 3;

    /// <summary>True if the seeds run in child processes, by <see cref="SimulationProcess"/>: needed by remoting, clusters and <see cref="Task.Run(Action)"/>.
    /// The method must be static then. Default: false.</summary>
    public bool InOwnProcess { get; set; }

    /// <summary>How the next step is chosen. Default: as the options say.</summary>
    public SchedulePolicyKind Policy
    {
        get => ChosenPolicy ?? SchedulePolicyKind.Random;
        set => ChosenPolicy = value;
    }

    /// <summary>The name of a static property, field or method of the class, without parameters, that returns the <see cref="SimulationOptions"/>. Default: the
    /// default options.</summary>
    public string? OptionsFrom { get; set; }

    internal SchedulePolicyKind? ChosenPolicy { get; private set; }
}
