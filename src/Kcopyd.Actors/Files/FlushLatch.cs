namespace Kcopyd.Actors.Files;

/// <summary>
/// Remembers a failed flush. The kernel reports lost writes once for each open file and then forgets them, so a second fsync
/// succeeds over data that is gone; behind this latch it fails for good, with the first error.
/// </summary>
internal sealed class FlushLatch(Func<IoError> sync)
{
    private readonly Lock _gate = new();
    private IoError _lost;

    public IoError Flush()
    {
        // One at a time: of two at once, the kernel would give the error to one and a success to the other, before it is remembered here.
        lock (_gate)
        {
            if (_lost != IoError.None)
                return _lost;
            var error = sync();
            if (error != IoError.Closed)
                _lost = error;
            return error;
        }
    }
}
