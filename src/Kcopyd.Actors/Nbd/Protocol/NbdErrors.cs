using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>Between the errors of devices and the few that the protocol has.</summary>
internal static class NbdErrors
{
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

    public static IoError FromWire(uint error) => (NbdError)error switch
    {
        NbdError.None => IoError.None,
        NbdError.NotPermitted => IoError.NotPermitted,
        NbdError.Io => IoError.Io,
        NbdError.NoMemory => (IoError)12,       // ENOMEM
        NbdError.NoSpace => IoError.NoSpace,
        NbdError.Overflow => (IoError)75,       // EOVERFLOW
        NbdError.NotSupported => IoError.NotSupported,
        NbdError.Shutdown => (IoError)108,      // ESHUTDOWN
        _ => IoError.Invalid,
    };
}
