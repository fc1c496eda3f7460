namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>Maps between device errors and the few errors that the protocol defines.</summary>
internal static class NbdErrors
{
    /// <summary>EOVERFLOW.</summary>
    public const IoError Overflow = (IoError)75;

    private const IoError NoSuchRequest = (IoError)25, NoSuchCall = (IoError)38;       // ENOTTY, ENOSYS

    public static NbdError ToWire(IoError error) => error switch
    {
        IoError.None => NbdError.None,
        IoError.NotPermitted or IoError.ReadOnly => NbdError.NotPermitted,
        IoError.Invalid => NbdError.Invalid,
        IoError.NoSpace or IoError.TooLarge or IoError.QuotaExceeded => NbdError.NoSpace,
        IoError.NotSupported or NoSuchRequest or NoSuchCall => NbdError.NotSupported,
        IoError.Closed or IoError.ClientStopped or IoError.Cancelled => NbdError.Shutdown,
        _ => NbdError.Io,
    };

    /// <summary>Maps a server's error. <see cref="IoErrors"/> says which errors mean a bad block and which the end of the device.</summary>
    /// <remarks>
    /// <list type="table">
    /// <item><term>EIO</term><description>A bad block on the server's medium; other blocks may be good.</description></item>
    /// <item><term>EPERM, ENOSPC, ENOTSUP</term><description>The server refuses the request.</description></item>
    /// <item><term>ENOMEM, EOVERFLOW</term><description>The server cannot do it now, or not that much at once. No block is bad.</description></item>
    /// <item><term>EINVAL, and any number that the protocol does not define</term><description><see cref="IoError.Invalid"/>, as the protocol
    /// requires.</description></item>
    /// <item><term>ESHUTDOWN</term><description>The end of the device, but no caller receives it: the request is sent again to the next
    /// server.</description></item>
    /// </list>
    /// If no server is found within the limit, the server is lost repeatedly during one request, or a reply violates the protocol, the result is
    /// <see cref="IoError.NoDevice"/>, which says nothing about any block.
    /// </remarks>
    public static IoError FromWire(uint error) => (NbdError)error switch
    {
        NbdError.None => IoError.None,
        NbdError.NotPermitted => IoError.NotPermitted,
        NbdError.Io => IoError.Io,
        NbdError.NoMemory => IoError.NoMemory,
        NbdError.Overflow => Overflow,
        NbdError.NoSpace => IoError.NoSpace,
        NbdError.NotSupported => IoError.NotSupported,
        NbdError.Shutdown => IoError.NoDevice,
        _ => IoError.Invalid,
    };
}
