using Kcopyd.Actors.Client;

namespace Kcopyd.Actors;

/// <summary>
/// A reply token: a completion that is allocated now and fired later, from any thread, without blocking or allocating. Its callback runs on
/// the client like that of every copy, one at a time. Until it is fired or abandoned it counts as a job of the client, and holds up its destruction.
/// </summary>
public sealed class PreparedCallback
{
    private readonly CallbackToken _token;

    internal PreparedCallback(CallbackToken token) => _token = token;

    /// <summary>The token's number, unique within its client; names it in <see cref="ClientStatus"/>.</summary>
    public long Id => _token.Id;

    /// <summary>What the caller gave.</summary>
    public object? Context => _token.Context;

    /// <summary>True once it was fired or abandoned, or its client was stopped.</summary>
    public bool IsSpent => _token.IsSpent;

    /// <summary>
    /// Fires the token: its callback will run on the client with these results. From any thread; never blocks, allocates nothing,
    /// returns at once. If the client was stopped from outside in the meantime, the callback has been told so, and this does nothing.
    /// </summary>
    /// <param name="readError">The result's read error.</param>
    /// <param name="writeErrors">The result's write errors, a bit per destination.</param>
    /// <exception cref="InvalidOperationException">It was fired or abandoned before; the callback runs once all the same.</exception>
    public void Submit(bool readError = false, ulong writeErrors = 0) => _token.Submit(readError, writeErrors);

    /// <summary>Gives the token up: its callback never runs, and the client no longer waits for it. From any thread.</summary>
    /// <returns>False if it was fired or abandoned before.</returns>
    public bool Abandon() => _token.Abandon();
}
