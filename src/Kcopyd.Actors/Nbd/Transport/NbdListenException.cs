using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd;

/// <summary>An NBD server cannot listen on an address or a socket. The message names the address and the remedy; <see cref="Reason"/> is for callers that
/// react to it.</summary>
public sealed class NbdListenException : IOException
{
    internal NbdListenException(NbdListenError reason, EndPoint? endPoint, string what, Exception? cause = null)
        : base($"{(endPoint is null ? "The socket" : NameOf(endPoint))} {what}", cause) => (Reason, EndPoint) = (reason, endPoint);

    /// <summary>The reason.</summary>
    public NbdListenError Reason { get; }

    /// <summary>The address; null for a socket that has none.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>The address, for messages.</summary>
    internal string Address => EndPoint is null ? "" : NameOf(EndPoint);

    internal static string NameOf(EndPoint endPoint) => ForeignText.Path(endPoint.ToString()!);

    /// <summary>Creates the exception for an error of the system.</summary>
    internal static NbdListenException Of(EndPoint endPoint, SocketException refused)
    {
        var reason = refused.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => NbdListenError.AddressInUse,
            SocketError.AccessDenied => NbdListenError.AccessDenied,
            SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => NbdListenError.AddressNotAvailable,
            _ => NbdListenError.Other,
        };
        var inUse = reason == NbdListenError.AddressInUse ? " Another server listens there." : "";
        return new(reason, endPoint, $"cannot be listened on: {ForeignText.Phrase(refused.Message)}.{inUse}", refused);
    }
}

/// <summary>Why an NBD server cannot listen.</summary>
public enum NbdListenError
{
    /// <summary>The system refuses for another reason; see the inner exception.</summary>
    Other,
    /// <summary>Another server listens on the address.</summary>
    AddressInUse,
    /// <summary>The system does not permit it: a port below 1024, or a folder without write permission.</summary>
    AccessDenied,
    /// <summary>This machine does not have the address.</summary>
    AddressNotAvailable,
    /// <summary>The path of a unix socket exists and is not a socket.</summary>
    NotASocket,
    /// <summary>A server that has ended left its unix socket behind, and it cannot be replaced: its folder cannot be locked or written.</summary>
    Abandoned,
    /// <summary>The unix socket disappeared while the server began to listen.</summary>
    Vanished,
    /// <summary>Other machines can reach the address, and clients need no TLS: any client could read and write everything.</summary>
    Insecure,
    /// <summary>The address or socket is neither TCP nor a unix stream socket.</summary>
    Unsupported,
    /// <summary>The socket that was passed does not listen.</summary>
    NotListening,
}
