using System.Security.Cryptography;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// SHA-256 of a job's source and of each destination, as they are read back. Pieces come in order and one at a time
/// (the verify phase of such a job keeps one sub-job in flight), so each hash is touched by one worker at a time.
/// </summary>
internal sealed class RegionHashes(int destinations) : IDisposable
{
    private readonly IncrementalHash _source = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash[] _destinations = [.. Enumerable.Range(0, destinations).Select(_ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256))];

    public void AppendSource(ReadOnlySpan<byte> data) => _source.AppendData(data);

    public void AppendDestination(int index, ReadOnlySpan<byte> data) => _destinations[index].AppendData(data);

    public string Source() => Convert.ToHexStringLower(_source.GetCurrentHash());

    public string Destination(int index) => Convert.ToHexStringLower(_destinations[index].GetCurrentHash());

    public void Dispose()
    {
        _source.Dispose();
        foreach (var hash in _destinations)
            hash.Dispose();
    }
}
