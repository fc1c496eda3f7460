namespace Kcopyd.Actors;

/// <summary>
/// The callback in the style of the kernel. It runs inside the client actor, never concurrently with another callback of the same client and never on the
/// caller's stack, and allocates nothing. It must not block, because every other callback of the client waits for it. Exceptions are logged.
/// </summary>
/// <param name="readError">True if any part of the source could not be read.</param>
/// <param name="writeErrors">Bit <c>i</c> is set if destination <c>i</c> failed.</param>
/// <param name="context">The caller's context object of the job.</param>
public delegate void CopyNotify(bool readError, ulong writeErrors, object? context);

/// <summary>Like <see cref="CopyNotify"/>, with details; allocates one <see cref="CopyResult"/> per job.</summary>
public delegate void CopyResultNotify(CopyResult result);
