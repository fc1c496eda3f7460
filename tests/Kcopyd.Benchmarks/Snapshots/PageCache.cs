using System.Globalization;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>
/// Turns a program's writes into the requests of a page cache: whole pages, written back at a flush in the order of their offsets, adjacent pages in one
/// request; a page that is written in part is read from the device first.
/// </summary>
internal sealed class PageCache
{
    /// <summary>The maximum size of a request in bytes.</summary>
    public const int Request = 256 << 10;

    /// <summary>The number of requests in flight.</summary>
    public const int Depth = 8;

    private const int Page = 4096;

    private readonly SortedSet<long> _dirty = [];
    private readonly SortedSet<long> _known = [];       // pages that need not be read
    private readonly List<PageRange> _reads = [];
    private readonly List<LoadPhase> _phases = [];

    /// <summary>The load of a recorded program.</summary>
    public static IReadOnlyList<LoadPhase> Replay(IEnumerable<string> trace)
    {
        var cache = new PageCache();
        foreach (var line in trace.Where(static line => line.Length > 0 && line[0] != '#'))
        {
            var words = line.Split(' ');
            if (words[0] == "f")
                cache.Flush();
            else
                cache.Touch(Number(words[1]), Number(words[2]), isWrite: words[0] == "w");
        }
        cache.Flush();
        return cache._phases;
    }

    private void Touch(long offset, long length, bool isWrite)
    {
        for (var page = offset / Page; page * Page < offset + length; page++)
        {
            var isWhole = offset <= page * Page && (page + 1) * Page <= offset + length;
            if (_known.Add(page) && !(isWrite && isWhole))
                _reads.Add(new PageRange(page * Page, Page));
            if (isWrite)
                _dirty.Add(page);
        }
    }

    private void Flush()
    {
        var writes = new List<PageRange>();
        foreach (var page in _dirty)
        {
            if (writes.Count > 0 && writes[^1] is var last && last.Offset + last.Length == page * Page && last.Length < Request)
                writes[^1] = last with { Length = last.Length + Page };
            else
                writes.Add(new PageRange(page * Page, Page));
        }
        _phases.Add(new LoadPhase([.. _reads], writes, Flush: true));
        _reads.Clear();
        _dirty.Clear();
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
