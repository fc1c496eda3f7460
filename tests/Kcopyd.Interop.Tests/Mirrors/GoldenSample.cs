using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>A log that the real kernel wrote, its legs, and what the kernel made of them; see Golden/README.</summary>
internal sealed class GoldenSample
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Mirrors/Golden");
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Folder, "manifest"));

    private readonly ILookup<string, string[]> _fields;

    private GoldenSample(string name)
    {
        Name = name;
        _fields = Lines.SkipWhile(line => line != $"sample {name}").TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(' ')).ToLookup(words => words[0], words => words[1..]);
        var size = One("size").Select(Number).ToArray();
        (Sectors, RegionSectors, Regions) = (size[0], size[1], size[2]);
        Legs = [.. _fields["leg"].Select(words => Leg(words[1..]))];
        LegHashes = [.. _fields["leg"].Select(words => words[0])];
        SyncedHashes = [.. _fields["synced"].Select(words => words[0])];
    }

    public static IEnumerable<string> Names => Lines.Where(line => line.StartsWith("sample ", StringComparison.Ordinal)).Select(line => line[7..]);

    public string Name { get; }

    public int Sectors { get; }

    public int RegionSectors { get; }

    public int Regions { get; }

    public byte[][] Legs { get; }

    public string[] LegHashes { get; }

    /// <summary>Of the legs after the kernel's recovery.</summary>
    public string[] SyncedHashes { get; }

    /// <summary>Of the log after the kernel's recovery.</summary>
    public string SyncedLogHash => One("log")[0];

    /// <summary>The regions that are clean, as <see cref="LogBytes.Text"/> writes them.</summary>
    public string Clean => string.Join(' ', One("clean"));

    /// <summary>The kernel's status, without the names of devices.</summary>
    public string Status => One("open") is [var regions, var legs, var log]
        ? $"mirror {Legs.Length} {string.Join(' ', Legs.Select(_ => '-'))} {regions} 1 {legs} 3 disk - {log}"
        : "";

    public static GoldenSample Load(string name) => new(name);

    public byte[] Log()
    {
        using var bytes = new MemoryStream();
        using var zipped = new GZipStream(File.OpenRead(Path.Combine(Folder, $"{Name}.log.gz")), CompressionMode.Decompress);
        zipped.CopyTo(bytes);
        return bytes.ToArray();
    }

    private string[] One(string field) => _fields[field].Single();

    private byte[] Leg(string[] runs)
    {
        var leg = new byte[Sectors * 512];
        for (var i = 0; i < runs.Length; i++)
        {
            var tag = runs[i].Split('@')[0];
            var end = i + 1 < runs.Length ? First(runs[i + 1]) : Sectors;
            for (var sector = First(runs[i]); sector < end; sector++)
            {
                var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{tag,-14} {sector:D16}\n"));
                for (var at = 0; at < 512; at += line.Length)
                    line.CopyTo(leg, sector * 512 + at);
            }
        }
        return leg;
    }

    private static int First(string run) => Number(run.Split('@')[1]);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
