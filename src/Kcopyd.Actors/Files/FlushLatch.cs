namespace Kcopyd.Actors.Files;

/// <summary>
/// Remembers a failed flush. The kernel reports lost writes only once for each open file, so a second fsync would succeed although data is lost. With this
/// latch, every flush after a failed one returns the first error.
/// </summary>
internal sealed class FlushLatch(Func<IoError> sync)
{
    private readonly Lock _gate = new();
    private IoError _lost;

    public IoError Flush()
    {
        // One at a time: of two concurrent flushes, the kernel would report the error to one and success to the other, before this latch remembers it.
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
