namespace Kcopyd.Actors;

/// <summary>
/// The kernel-shaped callback: runs inside the client actor, never concurrently with another callback of the same client and never on
/// the caller's stack. It allocates nothing. It must not block: every other callback of the client waits for it. What it throws is logged.
/// </summary>
/// <param name="readError">True if any part of the source could not be read.</param>
/// <param name="writeErrors">Bit <c>i</c> is set if destination <c>i</c> failed.</param>
/// <param name="context">What the caller gave with the job.</param>
public delegate void CopyNotify(bool readError, ulong writeErrors, object? context);

/// <summary>Like <see cref="CopyNotify"/>, with the detail; allocates one <see cref="CopyResult"/> a job.</summary>
public delegate void CopyResultNotify(CopyResult result);
