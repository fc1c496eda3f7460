using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>Between the errors of devices and the few that the protocol has.</summary>
internal static class NbdErrors
{
    /// <summary>EOVERFLOW.</summary>
    public const IoError Overflow = (IoError)75;

    public static NbdError ToWire(IoError error) => error switch
    {
        IoError.None => NbdError.None,
        IoError.NotPermitted or IoError.ReadOnly => NbdError.NotPermitted,
        IoError.Invalid => NbdError.Invalid,
        IoError.NoSpace or IoError.TooLarge or IoError.QuotaExceeded => NbdError.NoSpace,
        IoError.NotSupported => NbdError.NotSupported,
        IoError.Closed or IoError.ClientStopped or IoError.Cancelled => NbdError.Shutdown,
        _ => NbdError.Io,
    };

    /// <summary>What an error of a server is to who copies.</summary>
    /// <remarks>
    /// <para>The table of which errors mean that a sector is bad and which that there is no device any more:</para>
    /// <list type="table">
    /// <item><term>EIO</term><description><see cref="IoError.Io"/>: the medium behind the server; other sectors may be good.</description></item>
    /// <item><term>EPERM, ENOSPC, ENOTSUP</term><description>The same here: the server refuses the request, and says why.</description></item>
    /// <item><term>ENOMEM, EOVERFLOW</term><description>The same number: the server cannot do it now, or not so much at once. No sector is bad.</description></item>
    /// <item><term>EINVAL, and any number that the protocol does not have</term><description><see cref="IoError.Invalid"/>, as the protocol wants it.</description></item>
    /// <item><term>ESHUTDOWN</term><description>Not an answer: the request is sent again to the server that comes next.</description></item>
    /// <item><term>no server within the limit, a server that is lost again and again under the request, a reply that breaks the protocol</term>
    /// <description><see cref="IoError.NoDevice"/>: it says nothing of any sector, and reading on elsewhere is of no use.</description></item>
    /// </list>
    /// </remarks>
    public static IoError FromWire(uint error) => (NbdError)error switch
    {
        NbdError.None => IoError.None,
        NbdError.NotPermitted => IoError.NotPermitted,
        NbdError.Io => IoError.Io,
        NbdError.NoMemory or NbdError.Overflow => (IoError)error,
        NbdError.NoSpace => IoError.NoSpace,
        NbdError.NotSupported => IoError.NotSupported,
        NbdError.Shutdown => IoError.NoDevice,
        _ => IoError.Invalid,
    };
}
