using System.Text;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Describes a power cut: each write in doubt, and whether it is on the medium.</summary>
internal static class CutStory
{
    public static string Tell(CutRun run)
    {
        var story = new StringBuilder();
        foreach (var disk in run.Disks)
        {
            var fates = new Dictionary<CachedWrite, Fate>();
            foreach (var write in disk.Writes)
                fates.Add(write, new());
            foreach (var sector in disk.Sectors)
                Count(sector, fates);
            foreach (var write in disk.Writes)
            {
                if (write.State != CachedState.Certain)
                    story.AppendLine($"  {Word(write, fates[write]),-12} {write.Io}{Parts(fates[write])}");
            }
        }
        if (run.TornSector is var (torn, start, after))
            story.AppendLine($"  {torn.Name}: the sector at {start} is new up to byte {after} and old from there");
        return story.Length == 0 ? "  every write was durable" : story.ToString().TrimEnd();
    }

    private static void Count(UncertainSector sector, Dictionary<CachedWrite, Fate> fates)
    {
        var newest = sector.Shown.Count == 0 ? -1 : sector.Writes.IndexOf(sector.Shown[0].Write);
        for (var i = 0; i < sector.Writes.Count; i++)
        {
            var write = sector.Writes[i];
            var fate = fates[write];
            if (sector.Shown.FindIndex(layer => layer.Write == write) is var at and >= 0)
            {
                fate.There.Add(sector.Start);
                fate.HasGarbage |= sector.Shown[at].IsGarbage;
            }
            else if (i > newest || write.IsOptional)
            {
                fate.Lost.Add(sector.Start);
            }
            else
            {
                fate.Replaced++;
            }
        }
    }

    private static string Word(CachedWrite write, Fate fate) => write.Io.Kind == DiskIoKind.Discard && fate.HasGarbage ? "undefined"
        : fate.Lost.Count == 0 ? fate.There.Count == 0 ? "replaced" : "on medium"
        : fate.There.Count + fate.Replaced == 0 ? "lost" : "torn";

    private static string Parts(Fate fate)
    {
        if (fate.Lost.Count == 0 || fate.There.Count == 0)
            return "";
        fate.There.Sort();
        var shown = string.Join(", ", fate.There.Take(8));
        var more = fate.There.Count > 8 ? ", ..." : "";
        return $"; {fate.There.Count} of {fate.There.Count + fate.Lost.Count} sectors in doubt are there, those at {shown}{more}";
    }

    private sealed class Fate
    {
        public List<long> There { get; } = [];

        public List<long> Lost { get; } = [];

        public int Replaced { get; set; }

        public bool HasGarbage { get; set; }
    }
}
