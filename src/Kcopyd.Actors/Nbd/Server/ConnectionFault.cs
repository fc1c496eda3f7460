using System.Security.Authentication;
using Akka.Event;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Why a connection is broken. The parts of the connection report errors here and stop; its actor ends it in the same turn. Used by that actor
/// only.</summary>
/// <remarks>Invariant: the first reason is kept; later ones are its consequences.</remarks>
internal sealed class ConnectionFault
{
    /// <summary>A message for the log; null while the connection works.</summary>
    public string? Reason { get; private set; }

    public LogLevel Level { get; private set; }

    public bool IsBroken => Reason is not null;

    public void Report(string reason, LogLevel level)
    {
        if (!IsBroken)
            (Reason, Level) = (reason, level);
    }

    /// <summary>Reports the end of the stream, which is normal behavior of clients.</summary>
    public void Report(Exception loss) => Report(Describe(loss), LogLevel.DebugLevel);

    /// <summary>A message for the log about an error of a client.</summary>
    public static string Describe(Exception wrong) => wrong switch
    {
        AuthenticationException => "TLS failed: " + ForeignText.Phrase((wrong.InnerException ?? wrong).Message),
        _ => ForeignText.Phrase(wrong.Message),
    };
}
