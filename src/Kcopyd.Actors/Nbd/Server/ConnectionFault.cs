using System.Security.Authentication;
using Akka.Event;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Why a connection is of no more use. Its parts report what they find and stop; its actor ends it in the same turn.
/// Used by that actor only.</summary>
/// <remarks>Invariant: the first reason stays; later ones are its consequences.</remarks>
internal sealed class ConnectionFault
{
    /// <summary>For people; null while the connection is of use.</summary>
    public string? Reason { get; private set; }

    public LogLevel Level { get; private set; }

    public bool IsBroken => Reason is not null;

    public void Report(string reason, LogLevel level)
    {
        if (!IsBroken)
            (Reason, Level) = (reason, level);
    }

    /// <summary>The stream has ended: clients do that.</summary>
    public void Report(Exception loss) => Report(Describe(loss), LogLevel.DebugLevel);

    /// <summary>What is wrong with a client, for people.</summary>
    public static string Describe(Exception wrong) => wrong switch
    {
        AuthenticationException => "TLS failed: " + ForeignText.Phrase((wrong.InnerException ?? wrong).Message),
        _ => ForeignText.Phrase(wrong.Message),
    };
}
