namespace Kcopyd.Actors.Client;

/// <summary>
/// Admits work to a client, from any thread, without a lock: one word holds the number of admitted jobs, the number of outstanding prepared callbacks and
/// whether the client is closed. Nothing is therefore admitted after the close, and the client is idle exactly when both numbers are zero.
/// </summary>
internal sealed class ClientGate(int maxJobs, int maxCallbacks)
{
    private const long Closed = 1L << 62;
    private const long OneCallback = 1L << 31;
    private const long JobMask = OneCallback - 1;

    private long _word;
    private volatile bool _gone;

    public int MaxJobs { get; } = maxJobs;

    public int MaxCallbacks { get; } = maxCallbacks;

    public int Jobs => (int)(Volatile.Read(ref _word) & JobMask);

    public int Callbacks => (int)((Volatile.Read(ref _word) & ~Closed) >> 31);

    public bool IsClosed => (Volatile.Read(ref _word) & Closed) != 0;

    public bool IsIdle => (Volatile.Read(ref _word) & ~Closed) == 0;

    /// <summary>True once the actor has stopped: its mailbox is no longer read.</summary>
    public bool IsGone => _gone;

    public Admission AdmitJob() => Admit(1, static (word, gate) => (word & JobMask) < gate.MaxJobs);

    public Admission AdmitCallback() => Admit(OneCallback, static (word, gate) => (word & ~Closed) >> 31 < gate.MaxCallbacks);

    public void ReleaseJob() => Interlocked.Add(ref _word, -1);

    public void ReleaseCallback() => Interlocked.Add(ref _word, -OneCallback);

    /// <returns>True for the call that closes the gate.</returns>
    public bool Close() => (Interlocked.Or(ref _word, Closed) & Closed) == 0;

    public void Leave()
    {
        Close();
        _gone = true;
    }

    private Admission Admit(long amount, Func<long, ClientGate, bool> hasRoom)
    {
        var word = Volatile.Read(ref _word);
        while (true)
        {
            if ((word & Closed) != 0)
                return Admission.Closed;
            if (!hasRoom(word, this))
                return Admission.Full;
            var seen = Interlocked.CompareExchange(ref _word, word + amount, word);
            if (seen == word)
                return Admission.Admitted;
            word = seen;
        }
    }
}

internal enum Admission
{
    Admitted,
    Full,
    Closed,
}
