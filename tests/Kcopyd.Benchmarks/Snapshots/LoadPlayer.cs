using Kcopyd.Actors;
using Kcopyd.Actors.Memory;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Plays a load on a device, with its number of requests in flight. Every page is written with the same bytes, so that it can be verified.</summary>
internal sealed class LoadPlayer
{
    private const int Page = 4096, Samples = 256;

    private readonly Memory<byte> _written;
    private readonly Load _load;

    public LoadPlayer(Load load)
    {
        _load = load;
        _written = AlignedMemory.Allocate(load.Phases.Max(phase => phase.Writes.Select(write => write.Length).DefaultIfEmpty(Page).Max()));
        for (var at = 0; at < _written.Length; at += Page)
            Noise.Fill(_written.Span.Slice(at, Page), 3, 0);
    }

    public async Task PlayAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        foreach (var phase in _load.Phases)
        {
            await AllAsync(phase.Reads, isWrite: false, device, cancellationToken);
            await AllAsync(phase.Writes, isWrite: true, device, cancellationToken);
            if (phase.Flush)
                Require(await device.FlushAsync(), 0);
        }
    }

    /// <summary>Null if the device holds what was written, checked at sampled places; otherwise what is wrong.</summary>
    public async Task<string?> CheckAsync(IBlockDevice device)
    {
        var page = AlignedMemory.Allocate(Page);
        foreach (var phase in _load.Phases)
        {
            for (var i = 0; i < phase.Writes.Count; i += Math.Max(1, phase.Writes.Count / Samples))
            {
                var offset = phase.Writes[i].Offset + phase.Writes[i].Length - Page;
                Require(await device.ReadAsync(offset, page), Page);
                if (!page.Span.SequenceEqual(_written.Span[..Page]))
                    return $"the snapshot does not hold what was written at {offset}";
            }
        }
        return null;
    }

    private Task AllAsync(IReadOnlyList<PageRange> ranges, bool isWrite, IBlockDevice device, CancellationToken cancellationToken)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(_load.Depth, ranges.Count)).Select(_ => OneAfterTheOtherAsync()));

        async Task OneAfterTheOtherAsync()
        {
            var read = isWrite ? default : AlignedMemory.Allocate(Page);
            for (int i; (i = Interlocked.Increment(ref next)) < ranges.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (offset, length) = ranges[i];
                Require(isWrite ? await device.WriteAsync(offset, _written[..length]) : await device.ReadAsync(offset, read[..length]), length);
            }
        }
    }

    private static void Require(IoResult result, long bytes)
    {
        if (!result.IsSuccess || result.Bytes != bytes)
            throw new ContenderFailedException($"the snapshot answered {result.Error} after {result.Bytes} of {bytes} bytes");
    }
}
