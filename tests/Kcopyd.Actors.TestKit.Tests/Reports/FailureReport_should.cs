using System.Xml.Linq;
using Kcopyd.Actors.TestKit.Exploring;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Reports;

[CollectionDefinition("environment variables", DisableParallelization = true)]
public sealed class EnvironmentVariables;

/// <summary>Some tests set environment variables, which all simulations of the process read.</summary>
[Collection("environment variables")]
public sealed class FailureReport_should : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kcopyd-reports-");

    public void Dispose()
    {
        foreach (var variable in (string[])[SeedVariables.Seed, SeedVariables.Seeds, SeedVariables.Reports])
            Environment.SetEnvironmentVariable(variable, null);
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void tell_the_seed_the_options_that_differ_and_how_to_replay()
    {
        var message = Fail(7, new SimulationOptions { Policy = SchedulePolicyKind.Priority, StepCost = TimeSpan.FromMilliseconds(1) });
        Assert.StartsWith("Seed 7 failed after ", message, StringComparison.Ordinal);
        Assert.Contains("no <money> & no time", message, StringComparison.Ordinal);
        Assert.Contains("Options: Policy = Priority, StepCost = 00:00:00.0010000.", message, StringComparison.Ordinal);
        Assert.Contains("Simulation.Run(7, …)", message, StringComparison.Ordinal);
        Assert.Contains("KCOPYD_SIMULATION_SEED=7", message, StringComparison.Ordinal);
        Assert.Contains("Options: the defaults.", Fail(7), StringComparison.Ordinal);
        Assert.DoesNotContain(".svg", message, StringComparison.Ordinal);
    }

    [Fact]
    public void name_the_actor_the_message_and_the_sender_of_each_of_the_last_steps()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(1, static async world =>
        {
            var run = Shop.Play(world);
            await world.DelayAsync(TimeSpan.FromSeconds(0.5));
            throw new InvalidOperationException("early");
        }));
        Assert.Contains("shop: /user/store processes Sell from /user/clerk", failure.Message, StringComparison.Ordinal);
        Assert.Contains("shop: /user/clerk processes String", failure.Message, StringComparison.Ordinal);
        Assert.Contains("world: a timer fires", failure.Message, StringComparison.Ordinal);
        Assert.Contains("shop: /system/EventStreamUnsubscriber processes Register", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void write_the_story_and_the_diagram_to_the_folder_of_the_options()
    {
        var folder = Path.Combine(_folder.FullName, "new");
        var message = Fail(3, new SimulationOptions { ReportFolder = folder });
        Assert.Contains(Path.Combine(folder, "seed-3.svg"), message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "seed-3.txt"), message, StringComparison.Ordinal);
        var texts = Diagram_should.Texts(XDocument.Load(Path.Combine(folder, "seed-3.svg")).Root!);
        Assert.Contains("no <money> & no time", texts);
        Assert.Contains("/user/store", texts);
        var story = File.ReadAllText(Path.Combine(folder, "seed-3.txt"));
        Assert.Contains("/user/store processes Sell", story, StringComparison.Ordinal);
        Assert.Contains("no <money> & no time", story, StringComparison.Ordinal);
    }

    [Fact]
    public void write_to_the_folder_that_the_environment_names_for_the_first_failures_of_many()
    {
        Environment.SetEnvironmentVariable(SeedVariables.Reports, _folder.FullName);
        Assert.Throws<SimulationFailedException>(() => Simulation.RunMany(1, 8, Shop.Fail));
        Assert.Equal(
            ["seed-1.svg", "seed-2.svg", "seed-3.svg", "seed-4.svg", "seed-5.svg"], _folder.GetFiles("*.svg").Select(static file => file.Name).Order());
    }

    [Fact]
    public void say_why_the_run_failed_even_if_the_folder_cannot_be_written()
    {
        var file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        var message = Fail(3, new SimulationOptions { ReportFolder = file });
        Assert.Contains("no <money> & no time", message, StringComparison.Ordinal);
        Assert.Contains($"The report cannot be written to '{file}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void run_only_the_seed_that_the_environment_names()
    {
        Environment.SetEnvironmentVariable(SeedVariables.Seeds, "4");
        Assert.Equal([10, 11, 12, 13], Seeds());
        Environment.SetEnvironmentVariable(SeedVariables.Seed, "-5");
        Assert.Equal([-5], Seeds());
        Assert.Equal([-5], SimulationProcess.RunMany(10, 2, static _ => Task.CompletedTask).Select(static result => result.Seed));
    }

    [Theory]
    [InlineData(SeedVariables.Seed, "one")]
    [InlineData(SeedVariables.Seeds, "0")]
    [InlineData(SeedVariables.Seeds, "1.5")]
    public void refuse_a_variable_that_is_no_number_of_seeds(string variable, string value)
    {
        Environment.SetEnvironmentVariable(variable, value);
        Assert.Contains(variable, Assert.Throws<FormatException>(() => Seeds()).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> Seeds() => Simulation.RunMany(10, 2, static _ => Task.CompletedTask).Select(static result => result.Seed);

    private static string Fail(int seed, SimulationOptions? options = null) =>
        Assert.Throws<SimulationFailedException>(() => Simulation.Run(seed, Shop.Fail, options)).Message;
}
