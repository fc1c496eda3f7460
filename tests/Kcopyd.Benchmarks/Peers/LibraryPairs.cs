using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Keeps a given number of 4 KiB jobs outstanding at a client until all are done: each callback submits the next.</summary>
internal sealed class LibraryPairs
{
    private readonly KcopydClient _client;
    private readonly IBlockDevice _from, _to;
    private readonly int _depth;
    private readonly long _pairs;
    private readonly CancellationToken _cancellationToken;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IoRegion[] _region = new IoRegion[1];
    private readonly CopyNotify _notify;
    private long _submitted, _completed;        // accessed only by callbacks, which run one at a time
    private string? _error;

    private LibraryPairs(KcopydClient client, IBlockDevice from, IBlockDevice to, int depth, long pairs, CancellationToken cancellationToken)
    {
        (_client, _from, _to, _depth, _pairs, _cancellationToken) = (client, from, to, depth, pairs, cancellationToken);
        _notify = Completed;
    }

    public static Contender Contender(Arena arena, CopyFiles files, IoMode io, int depth, long pairs) => new(
        "kcopyd, library", ContenderKind.Library, async token =>
    {
        await using var from = BlockDevice.Open(files.Source, new() { ReadOnly = true, Io = io });
        await using var to = BlockDevice.Open(files.Destinations[0], new() { Io = io });
        var loop = new LibraryPairs(arena.Client, from, to, depth, pairs, token);
        return await Effort.OfAsync(loop.RunAsync);
    });

    private Task RunAsync()
    {
        _client.PrepareCallback((_, _, _) =>
        {
            for (var i = 0; i < _depth; i++)
                SubmitNext();
        }).Submit();
        return _done.Task;
    }

    private void Completed(bool readError, ulong writeErrors, object? context)
    {
        if (readError || writeErrors != 0)
            _error ??= $"read_err={readError} write_err=0x{writeErrors:x}";
        _completed++;
        SubmitNext();
        if (_completed != _submitted)
            return;
        if (_error is null)
            _done.TrySetResult();
        else
            _done.TrySetException(new ContenderFailedException(_error));
    }

    private void SubmitNext()
    {
        if (_submitted == _pairs || _error is not null || _cancellationToken.IsCancellationRequested)
            return;
        var sector = PairSequence.Offset(_submitted++, _from.Length) / IoRegion.SectorSize;
        _region[0] = _to.Region(sector, PairSequence.PairBytes / IoRegion.SectorSize);
        _client.Copy(_from.Region(sector, PairSequence.PairBytes / IoRegion.SectorSize), _region, CopyFlags.None, _notify);
    }
}
