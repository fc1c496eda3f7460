namespace Kcopyd.Host.Common;

/// <summary>What the command's exit status says.</summary>
internal static class ExitCodes
{
    /// <summary>Everything was read, written and is on stable storage.</summary>
    public const int Success = 0;

    /// <summary>It ran, but something could not be read or written; each is named on standard error.</summary>
    public const int Errors = 1;

    /// <summary>It did not begin: the arguments are wrong, or something cannot be opened.</summary>
    public const int Usage = 2;

    /// <summary>Everything was written that was asked for, but a snapshot does not keep up any more: it is invalid, or its store is full.</summary>
    public const int SnapshotLost = 3;

    /// <summary>It was interrupted (SIGINT or SIGTERM); 128 + SIGINT, as shells count.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command cannot begin. The message names the argument and the remedy; nothing was created or changed.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command began, and cannot go on. The message names what failed.</summary>
internal sealed class FailureException(string message) : Exception(message);
