using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>The locks of one command on everything that it reads and writes; see <see cref="StorageLock"/>.</summary>
internal static class StorageLocks
{
    /// <summary>Acquires all locks, before anything is examined closely or changed.</summary>
    /// <param name="claims">The arguments, and whether each is written.</param>
    /// <param name="force">True continues without the locks that other programs hold.</param>
    /// <param name="console">Receives a warning for each path that cannot be locked.</param>
    /// <exception cref="UsageException">Something is in use.</exception>
    public static StorageLock Take(IReadOnlyList<(Operand Operand, bool Writes)> claims, bool force, CommandConsole console)
    {
        var local = claims.Where(static claim => claim.Operand.IsLocal).ToList();
        try
        {
            var storage = local.Select(static claim => new StorageClaim(claim.Operand.Path, claim.Writes));
            var taken = force ? StorageLock.AcquireFree(storage) : StorageLock.Acquire(storage);
            foreach (var path in taken.Unlocked)
                console.Warn($"'{path}' cannot be locked, because its file system does not support locks: make sure that nothing else writes to it.");
            return taken;
        }
        catch (StorageBusyException busy)
        {
            var (operand, writes) = local.Last(claim => claim.Operand.Path == busy.Path);
            var reason = writes ? "Writing to it would destroy data" : "It changes while it is read";
            throw new UsageException($"{operand} is in use: {Users(busy)}. {reason}; stop that first, or use --force.");
        }
    }

    /// <summary>Acquires the lock of a file that this command has just created.</summary>
    /// <exception cref="UsageException">Another process already uses it.</exception>
    public static StorageLock TakeNew(Operand operand)
    {
        try
        {
            return StorageLock.Acquire(new StorageClaim(operand.Path, IsExclusive: true));
        }
        catch (StorageBusyException busy)
        {
            throw new UsageException($"{operand} is in use, although it was created just now: {Users(busy)}.");
        }
    }

    private static string Users(StorageBusyException busy) =>
        busy.Users.Count == 0 ? "another program has it open exclusively" : string.Join("; ", busy.Users);
}
