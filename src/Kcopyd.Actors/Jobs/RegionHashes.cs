using System.Security.Cryptography;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// SHA-256 of a job's source and of each destination, as they are read back. Pieces arrive in order and one at a time (the verify phase of such a job has one
/// sub-job in flight), so only one worker uses a hash at a time.
/// </summary>
/// <param name="destinations">Number of destinations.</param>
/// <param name="length">Bytes of the region. A hash of fewer bytes is not reported: it would be taken for that of the region.</param>
internal sealed class RegionHashes(int destinations, long length) : IDisposable
{
    private readonly RegionHash _source = new();
    private readonly RegionHash[] _destinations = [.. Enumerable.Range(0, destinations).Select(_ => new RegionHash())];

    public void AppendSource(ReadOnlySpan<byte> data) => _source.Append(data);

    public void AppendDestination(int index, ReadOnlySpan<byte> data) => _destinations[index].Append(data);

    /// <summary>Lower-case hex; null if the region was not read completely.</summary>
    public string? Source() => _source.Of(length);

    /// <inheritdoc cref="Source"/>
    public string? Destination(int index) => _destinations[index].Of(length);

    public void Dispose()
    {
        _source.Dispose();
        foreach (var hash in _destinations)
            hash.Dispose();
    }

    private sealed class RegionHash : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _bytes;

        public void Append(ReadOnlySpan<byte> data)
        {
            _hash.AppendData(data);
            _bytes += data.Length;
        }

        public string? Of(long length) => _bytes == length ? Convert.ToHexStringLower(_hash.GetCurrentHash()) : null;

        public void Dispose() => _hash.Dispose();
    }
}
