using System.Globalization;
using System.Text.RegularExpressions;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

/// <summary><c>KCOPYD_MUSEUM=measure</c> prints the rows of docs/test-kit-museum.md.</summary>
public sealed partial class Museum_should(ITestOutputHelper output)
{
    private const int MeasuredSeeds = 200;
    private const int MaxSteps = 100_000;       // an unfair schedule can play two busy actors forever

    private static readonly Exhibit[] Exhibits =
    [
        new CheckThenAct(),
        new LostWakeUp(),
        new UnflushedCommit(),
        new PipeToAfterRestart(),
        new StashOverflow(),
        new DeadLetterRace(),
        new LeaseWithoutBound(),
        new SharedContinuation(),
        new TimerAfterCancel(),
        new OrderOfTwoSenders(),
        new NameReuse(),
        new StateLostInRestart(),
    ];

    public static TheoryData<string, SchedulePolicyKind> Plays()
    {
        var plays = new TheoryData<string, SchedulePolicyKind>();
        foreach (var exhibit in Exhibits)
        {
            plays.Add(exhibit.Name, SchedulePolicyKind.Random);
            plays.Add(exhibit.Name, SchedulePolicyKind.Priority);
        }
        return plays;
    }

    public static TheoryData<string> Names() => [.. Exhibits.Select(static exhibit => exhibit.Name)];

    [Theory]
    [MemberData(nameof(Plays))]
    public void find_each_bug_within_its_seeds_and_replay_it(string name, SchedulePolicyKind policy)
    {
        var exhibit = Exhibits.Single(other => other.Name == name);
        var finding = Enumerable.Range(1, exhibit.Seeds).Select(seed => Run(exhibit, seed, policy)).FirstOrDefault(static finding => finding is not null);
        Assert.NotNull(finding);
        output.WriteLine(finding.Bug);
        Assert.Equal(finding, Run(exhibit, finding.Seed, policy));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void shrink_each_bug_to_a_run_that_shows_it(string name)
    {
        var (first, shrunk) = Shrink(Exhibits.Single(other => other.Name == name));
        output.WriteLine($"{first} to {shrunk}");
        Assert.True(shrunk <= first);
    }

    [Theory]
    [MemberData(nameof(Plays))]
    public void find_nothing_when_the_bug_is_fixed(string name, SchedulePolicyKind policy)
    {
        var exhibit = Exhibits.Single(other => other.Name == name);
        for (var seed = 1; seed <= exhibit.Seeds; seed++)
            Assert.Null(Run(exhibit, seed, policy, isFixed: true));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task print_the_row_of_its_table_when_asked(string name)
    {
        if (Environment.GetEnvironmentVariable("KCOPYD_MUSEUM") != "measure")
            return;
        var exhibit = Exhibits.Single(other => other.Name == name);
        var random = Measure(exhibit, SchedulePolicyKind.Random);
        var priority = Measure(exhibit, SchedulePolicyKind.Priority);
        output.WriteLine($"| {exhibit.Name} | {exhibit.Bug} | {random} | {priority} | {await exhibit.CountRunsOnThreadsAsync()} |");
    }

    // The steps of the first failing run, and of the shrunk one.
    private static (long First, long Shrunk) Shrink(Exhibit exhibit)
    {
        var options = new SimulationOptions { MaxSteps = MaxSteps, ShrinkRuns = 90 };
        var failure = Assert.Throws<SimulationFailedException>(
            () => Simulation.RunMany(1, exhibit.Seeds, world => exhibit.Play(world, isFixed: false), options, replays: 0));
        var match = Size().Match(failure.Message);
        Assert.True(match.Success, failure.Message);
        return (Steps(match.Groups[1]), Steps(match.Groups[^1].Success ? match.Groups[^1] : match.Groups[1]));

        static long Steps(Group group) => long.Parse(group.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Shr[^.]*? \d+ faults? and ([\d,]+) steps(?: to \d+ faults? and ([\d,]+) steps)?")]
    private static partial Regex Size();

    private static Finding? Run(Exhibit exhibit, int seed, SchedulePolicyKind policy, bool isFixed = false) => Curator.Catch(() => Simulation.Run(
        seed, world => Curator.Show(exhibit, world, isFixed), new SimulationOptions { Policy = policy, MaxSteps = MaxSteps }));

    private static string Measure(Exhibit exhibit, SchedulePolicyKind policy)
    {
        var found = Enumerable.Range(1, MeasuredSeeds).Select(seed => Run(exhibit, seed, policy)).OfType<Finding>().ToList();
        return found.Count == 0 ? $"not in {MeasuredSeeds}"
            : string.Create(CultureInfo.InvariantCulture, $"{found[0].Seed} ({100.0 * found.Count / MeasuredSeeds:f0} %), {found[0].Steps} steps");
    }
}
