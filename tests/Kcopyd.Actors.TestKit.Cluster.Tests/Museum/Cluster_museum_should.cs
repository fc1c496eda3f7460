using System.Globalization;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Cluster.Tests.Museum;

/// <summary>
/// The exhibits that need remoting, a cluster, or Akka's own timers. <c>KCOPYD_MUSEUM=measure</c> prints the rows of docs/test-kit-museum.md.
/// </summary>
public sealed class Cluster_museum_should(ITestOutputHelper output)
{
    // Another process plays them: it needs methods without state.
    private static readonly (Exhibit Exhibit, Func<World, Task> Buggy, Func<World, Task> Fixed)[] Exhibits =
    [
        (new AskTimeout(),
            static world => Curator.Show(new AskTimeout(), world, false),
            static world => Curator.Show(new AskTimeout(), world, true)),
        (new ExactlyOnceAssumed(),
            static world => Curator.Show(new ExactlyOnceAssumed(), world, false),
            static world => Curator.Show(new ExactlyOnceAssumed(), world, true)),
        (new TwoSingletons(),
            static world => Curator.Show(new TwoSingletons(), world, false),
            static world => Curator.Show(new TwoSingletons(), world, true)),
        (new ResurrectedEntity(),
            static world => Curator.Show(new ResurrectedEntity(), world, false),
            static world => Curator.Show(new ResurrectedEntity(), world, true)),
    ];

    public static TheoryData<int, SchedulePolicyKind> Plays()
    {
        var plays = new TheoryData<int, SchedulePolicyKind>();
        for (var i = 0; i < Exhibits.Length; i++)
        {
            plays.Add(i, SchedulePolicyKind.Random);
            if (IsMeasured)
                plays.Add(i, SchedulePolicyKind.Priority);
        }
        return plays;
    }

    // Playing them once is enough for every day.
    private static bool IsMeasured => Environment.GetEnvironmentVariable("KCOPYD_MUSEUM") == "measure";

    public static TheoryData<int> Numbers() => [.. Enumerable.Range(0, Exhibits.Length)];

    [Theory]
    [MemberData(nameof(Plays))]
    public void find_each_bug_within_its_seeds_and_replay_it_and_find_nothing_when_it_is_fixed(int number, SchedulePolicyKind policy)
    {
        var (exhibit, buggy, good) = Exhibits[number];
        var finding = Run(buggy, 1, exhibit.Seeds, policy);
        Assert.NotNull(finding);
        output.WriteLine(finding.Bug);
        Assert.Equal(finding, Run(buggy, finding.Seed, 1, policy));
        Assert.Null(Run(good, 1, exhibit.Seeds, policy));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task print_the_row_of_its_table_when_asked(int number)
    {
        if (!IsMeasured)
            return;
        var (exhibit, buggy, _) = Exhibits[number];
        var random = Measure(buggy, exhibit.Seeds, SchedulePolicyKind.Random);
        var priority = Measure(buggy, exhibit.Seeds, SchedulePolicyKind.Priority);
        output.WriteLine($"| {exhibit.Name} | {exhibit.Bug} | {random} | {priority} | {await exhibit.CountRunsOnThreadsAsync()} |");
    }

    private static Finding? Run(Func<World, Task> play, int firstSeed, int count, SchedulePolicyKind policy) =>
        Curator.Catch(() => SimulationProcess.RunMany(firstSeed, count, play, new SimulationOptions { Policy = policy, ShrinkRuns = 0 }, replays: 0));

    private static string Measure(Func<World, Task> play, int seeds, SchedulePolicyKind policy)
    {
        if (Run(play, 1, seeds, policy) is not { } first)
            return $"not in {seeds}";
        return string.Create(CultureInfo.InvariantCulture, $"{first.Seed}, {first.Steps} steps");
    }
}
