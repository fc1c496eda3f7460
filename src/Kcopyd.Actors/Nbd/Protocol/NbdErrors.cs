namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>Between the errors of devices and the few that the protocol has.</summary>
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

    /// <summary>What an error of a server means here. Which of them are a bad block and which the end of the device: see <see cref="IoErrors"/>.</summary>
    /// <remarks>
    /// <list type="table">
    /// <item><term>EIO</term><description>A bad block: the medium behind the server; other blocks may be good.</description></item>
    /// <item><term>EPERM, ENOSPC, ENOTSUP</term><description>The server refuses the request.</description></item>
    /// <item><term>ENOMEM, EOVERFLOW</term><description>The server cannot do it now, or not so much at once. No block is bad.</description></item>
    /// <item><term>EINVAL, and any number that the protocol does not have</term><description><see cref="IoError.Invalid"/>, as the protocol
    /// demands.</description></item>
    /// <item><term>ESHUTDOWN</term><description>The end of the device, if it were an answer; the request is sent again to the server that comes
    /// next.</description></item>
    /// </list>
    /// No server within the limit, a server that is lost again and again under one request, and a reply that breaks the protocol are
    /// <see cref="IoError.NoDevice"/>: they say nothing of any block.
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
