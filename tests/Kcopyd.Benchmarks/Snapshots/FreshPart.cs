using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Fresh chunks a second, compared with other copy-on-write devices.</summary>
internal static class FreshPart
{
    private static readonly int[] s_depths = [1, 32];

    public const string Introduction =
        "### Fresh chunks a second\n\n4 KiB writes a second to chunks without a copy. Ours is called in process; fio reaches the others over NBD on a Unix "
        + "socket, which costs them two context switches a write, so qemu-img bench, which writes to its overlay in process, is the fairer peer. None of the "
        + "others has to make a write durable before it answers, so each has a second figure with flushes as often as we commit at best: after each write at "
        + "depth 1, after 32 at depth 32. Timed by the writers' own clocks, without the start of a program or the creation of a store or overlay. qcow2 "
        + "clusters and nbdkit's blocks are 4 KiB, like our chunks. \"Random\" is each chunk once; fio's order differs from ours and qemu's, which is a "
        + "stride.\n";

    public static async IAsyncEnumerable<Standings> RunAsync(SnapshotArena arena, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var place in new[] { Place.Tmpfs(arena.Options), Place.Disk(arena.Options) })
        {
            foreach (var scattered in new[] { true, false })
            {
                foreach (var depth in s_depths)
                {
                    using var contest = FreshContest.Create(arena, place, scattered, depth, cancellationToken);
                    yield return await ContestRunner.RunAsync(contest, arena.Options.Rounds, Console.Error, cancellationToken);
                }
            }
        }
    }

    public static string Table(Standings standings)
    {
        var contest = standings.Contest;
        var text = new StringBuilder($"#### {contest.Title}\n\n{contest.Includes}\n\n");
        var rows = new List<string[]> { new[] { "writer", "writes/s", "min", "max", "ours is × as fast", "B/write", "" } };
        foreach (var entry in standings.Ranked)
            rows.Add(Row(standings, entry));
        text.AppendTable(rows);
        foreach (var entry in standings.Entries.Where(entry => entry.Failure is not null))
            text.Append(CultureInfo.InvariantCulture, $"\nNo figure for {entry.Contender.Name}: {entry.Failure}\n");
        return text.ToString();
    }

    // Compared with the persistent snapshot, which is the first entry.
    private static string[] Row(Standings standings, Entry entry)
    {
        var amount = standings.Contest.Amount;
        var isOurs = entry.Contender.Kind == ContenderKind.Library;
        return
        [
            isOurs ? $"**{entry.Contender.Name}**" : entry.Contender.Name, Rate(entry.Median),
            Rate(entry.Efforts.Max(effort => effort.Seconds)), Rate(entry.Efforts.Min(effort => effort.Seconds)),
            MarkdownReport.Figure(Standings.Ratio(standings.Entries[0], entry)),
            entry.MedianAllocated is { } allocated ? (allocated / amount).ToString("N0", CultureInfo.InvariantCulture) : "", entry.Contender.Note,
        ];

        string Rate(double seconds) => (amount / seconds).ToString("N0", CultureInfo.InvariantCulture);
    }
}
