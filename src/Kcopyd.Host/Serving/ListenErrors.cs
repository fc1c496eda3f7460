using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Serving;

/// <summary>Why an address cannot be listened on, and the remedy, in the words of the command line.</summary>
internal static class ListenErrors
{
    /// <param name="what">What the usage calls the address, with the address.</param>
    /// <param name="refused">Why.</param>
    public static UsageException Of(string what, NbdListenException refused) => new(Sentence(what, refused) ?? $"{what}: {refused.Message}");

    /// <returns>Null for a reason that has no sentence here.</returns>
    internal static string? Sentence(string what, NbdListenException refused) => refused.Reason switch
    {
        NbdListenError.Other => $"{what} cannot be listened on: {ForeignText.Phrase((refused.InnerException ?? refused).Message)}.",
        NbdListenError.AddressInUse => $"{what} cannot be listened on: Address already in use. Another server listens there.",
        NbdListenError.AccessDenied => $"{what} cannot be listened on: Permission denied. Give a port from 1024 on, or a path in a folder that you may write.",
        NbdListenError.AddressNotAvailable => $"{what} cannot be listened on: this machine does not have that address.",
        NbdListenError.NotASocket => $"{what} cannot be listened on: it exists and is not a socket. Give another path, or remove it.",
        NbdListenError.Abandoned => $"{what} cannot be listened on: a server that has ended left it behind, and it cannot be replaced. Remove it.",
        NbdListenError.Vanished => $"{what} cannot be listened on: it was removed while the server began to listen; run the command again.",
        NbdListenError.Insecure => $"{what} can be reached from other machines, and without TLS whoever comes may read and write. "
            + "Give --tls-certificates DIR without --tls optional, or listen on loopback or a unix socket.",
        NbdListenError.Unsupported => $"{what} is neither a TCP nor a unix stream socket.",
        NbdListenError.NotListening => $"{what} does not listen for connections: its unit needs ListenStream= and Accept=no.",
        _ => null,
    };
}
