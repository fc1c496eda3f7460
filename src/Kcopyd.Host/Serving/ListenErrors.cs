using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Serving;

/// <summary>Messages that say why an address cannot be listened on, with a remedy in terms of the command line.</summary>
internal static class ListenErrors
{
    /// <param name="what">The option that names the address, with the address.</param>
    /// <param name="refused">The reason.</param>
    public static UsageException Of(string what, NbdListenException refused) => new(Sentence(what, refused) ?? $"{what}: {refused.Message}");

    /// <returns>Null for a reason without a message here.</returns>
    internal static string? Sentence(string what, NbdListenException refused) => refused.Reason switch
    {
        NbdListenError.Other => $"{what} cannot be listened on: {ForeignText.Phrase((refused.InnerException ?? refused).Message)}.",
        NbdListenError.AddressInUse => $"{what} cannot be listened on: Address already in use. Another server listens there.",
        NbdListenError.AccessDenied =>
            $"{what} cannot be listened on: Permission denied. Give a port of 1024 or above, or a path in a folder that you may write to.",
        NbdListenError.AddressNotAvailable => $"{what} cannot be listened on: this machine does not have that address.",
        NbdListenError.NotASocket => $"{what} cannot be listened on: it exists and is not a socket. Give another path, or remove it.",
        NbdListenError.Abandoned => $"{what} cannot be listened on: a server that is no longer running left it behind, and it cannot be replaced. Remove it.",
        NbdListenError.Vanished => $"{what} cannot be listened on: it was removed while the server started to listen; run the command again.",
        NbdListenError.Insecure => $"{what} can be reached from other machines, and without TLS anyone who connects may read and write. "
            + "Give --tls-certificates DIR without --tls optional, or listen on loopback or a unix socket.",
        NbdListenError.Unsupported => $"{what} is neither a TCP nor a unix stream socket.",
        NbdListenError.NotListening => $"{what} does not listen for connections: its unit needs ListenStream= and Accept=no.",
        _ => null,
    };
}
