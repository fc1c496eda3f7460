using Kcopyd.Actors.Client;

namespace Kcopyd.Actors;

/// <summary>
/// A reply token: a completion that is allocated now and fired later, from any thread, without blocking or allocating. Its callback runs on the client like
/// that of every copy, one at a time. Until the token is fired or abandoned, the client's destruction waits for it as for a job.
/// </summary>
public sealed class PreparedCallback
{
    private readonly CallbackToken _token;

    internal PreparedCallback(CallbackToken token) => _token = token;

    /// <summary>The token's id, unique within its client; identifies it in <see cref="ClientStatus"/>.</summary>
    public long Id => _token.Id;

    /// <summary>The context that the caller supplied.</summary>
    public object? Context => _token.Context;

    /// <summary>True once the token has been fired or abandoned, or its client has stopped.</summary>
    public bool IsSpent => _token.IsSpent;

    /// <summary>
    /// Fires the token: its callback will run on the client with these results. May be called from any thread; never blocks, allocates nothing, returns at
    /// once. If the client has been stopped from outside, the callback has already been notified of that, and this does nothing.
    /// </summary>
    /// <param name="readError">The result's read error.</param>
    /// <param name="writeErrors">The result's write errors, one bit per destination.</param>
    /// <exception cref="InvalidOperationException">The token has already been fired or abandoned; its callback does not run again.</exception>
    public void Submit(bool readError = false, ulong writeErrors = 0) => _token.Submit(readError, writeErrors);

    /// <summary>Abandons the token: its callback never runs, and the client no longer waits for it. May be called from any thread.</summary>
    /// <returns>False if the token has already been fired or abandoned.</returns>
    public bool Abandon() => _token.Abandon();
}
