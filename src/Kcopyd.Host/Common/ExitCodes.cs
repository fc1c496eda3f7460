namespace Kcopyd.Host.Common;

/// <summary>The exit statuses of the command.</summary>
internal static class ExitCodes
{
    /// <summary>Everything was read and written, and is on stable storage.</summary>
    public const int Success = 0;

    /// <summary>The command ran, but something could not be read or written; each error is reported on standard error.</summary>
    public const int Errors = 1;

    /// <summary>The command did not start: the arguments are wrong, or something cannot be opened.</summary>
    public const int Usage = 2;

    /// <summary>All requested data was written, but a snapshot was lost: it is invalid, or its store is full.</summary>
    public const int SnapshotLost = 3;

    /// <summary>The command was interrupted (SIGINT, SIGTERM or SIGHUP); 128 + SIGINT, the convention of shells.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command cannot start. The message names the argument and the remedy; nothing was created or changed.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command started but cannot continue. The message names what failed.</summary>
internal sealed class FailureException(string message) : Exception(message);
