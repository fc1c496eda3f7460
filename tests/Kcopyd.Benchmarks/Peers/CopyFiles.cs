using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// A source and its destinations. Before each run, junk is written to some blocks of every destination, and after it those blocks must be the source's,
/// which detects a contender that copies nothing, or not everything. On a disk everything is then flushed and dropped from the page cache.
/// </summary>
internal sealed class CopyFiles
{
    private const int BlockBytes = 4096;

    private readonly bool _isDisk;
    private readonly Random _random = new(7);
    private long[] _junk = [];

    public CopyFiles(string folder, long length, int destinations, bool isDisk, CancellationToken cancellationToken)
    {
        _isDisk = isDisk;
        Length = length;
        Source = Path.Combine(folder, "source");
        Destinations = [.. Enumerable.Range(0, destinations).Select(i => Path.Combine(folder, $"destination-{i}"))];
        Images.WriteRandom(Source, length, seed: 1, cancellationToken);
        for (var i = 0; i < destinations; i++)
            Images.WriteRandom(Destinations[i], length, seed: 2 + i, cancellationToken);
    }

    public long Length { get; }

    public string Source { get; }

    public IReadOnlyList<string> Destinations { get; }

    /// <summary>A block at a random place in each of the equal parts of the file.</summary>
    public IEnumerable<long> Places(bool whole)
    {
        var part = (whole, _isDisk) switch
        {
            (true, false) => 16 << 10,
            (true, true) or (false, false) => 1 << 20,
            _ => Math.Max(Length / 64 / BlockBytes * BlockBytes, BlockBytes),
        };
        for (var start = 0L; start < Length; start += part)
            yield return start + (_random.NextInt64(Math.Min(part, Length - start) / BlockBytes) * BlockBytes);
    }

    public void Prepare(IEnumerable<long> places, CancellationToken cancellationToken)
    {
        _junk = [.. places];
        var block = new byte[BlockBytes];
        var seed = _random.Next();
        foreach (var destination in Destinations)
        {
            if (!File.Exists(destination) || new FileInfo(destination).Length != Length)
                Images.WriteRandom(destination, Length, seed: 2, cancellationToken);
            using var file = Open(destination, FileAccess.Write);
            foreach (var place in _junk)
            {
                Noise.Fill(block, seed, place);
                RandomAccess.Write(file, block, place);
            }
        }
        DropCaches();
    }

    public string? Check(bool whole, CancellationToken cancellationToken)
    {
        var difference = Destinations
            .Select(destination => whole ? Images.Difference(Source, destination, cancellationToken) : AtJunk(destination))
            .FirstOrDefault(each => each is not null);
        DropCaches();
        return difference;
    }

    /// <summary>Null if every block that was junk now equals the source's; otherwise the first that does not.</summary>
    public string? AtJunk(string destination)
    {
        using SafeFileHandle one = Open(Source, FileAccess.Read), other = Open(destination, FileAccess.Read);
        if (RandomAccess.GetLength(other) != Length)
            return $"{Path.GetFileName(destination)} has {RandomAccess.GetLength(other)} bytes of {Length}";
        byte[] left = new byte[BlockBytes], right = new byte[BlockBytes];
        foreach (var place in _junk)
        {
            Images.Read(one, left, place);
            Images.Read(other, right, place);
            if (!left.AsSpan().SequenceEqual(right))
                return $"{Path.GetFileName(destination)} differs from the source at byte {place}";
        }
        return null;
    }

    private void DropCaches()
    {
        if (!_isDisk)
            return;
        PosixFile.DropCache(Source);
        foreach (var destination in Destinations)
            PosixFile.DropCache(destination);
    }

    private static SafeFileHandle Open(string path, FileAccess access) => File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite);
}
