namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An NBD server cannot be used, or not so: it is not there, it does not speak NBD, it refuses, or it breaks the protocol. The message names the
/// server and the remedy. Errors of I/O are results, not exceptions.
/// </summary>
public sealed class NbdException : IOException
{
    /// <summary>With what is wrong.</summary>
    public NbdException(string message) : base(message) { }

    /// <summary>With what is wrong and its cause.</summary>
    public NbdException(string message, Exception? cause) : base(message, cause) { }
}
