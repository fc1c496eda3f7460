using System.Text.RegularExpressions;
using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>One that sends or receives in a report: an actor, the other code of a node, or the test.</summary>
/// <param name="Node">The node; empty for the test.</param>
/// <param name="Name">The path of the actor, or what else it is.</param>
internal readonly record struct Participant(string Node, string Name)
{
    public static readonly Participant Test = new("", "test");

    /// <summary>The name as seen from a node: without the node's name if the participant is on it.</summary>
    public string From(string node) => Node == node || Node.Length == 0 ? Name : $"{Name} on {Node}";
}

/// <summary>Names actors in reports.</summary>
internal static partial class ActorNames
{
    private const string Code = "code";             // of a node, outside of its actors

    private const string Internal = "(Akka.NET)";   // the actors of Akka.NET are one

    /// <summary>True if an actor belongs to Akka.NET: one of the guardians, or below /system and of a type of Akka.NET's.</summary>
    public static bool IsInternal(IActorRef actor)
    {
        var elements = actor.Path.Elements;
        return elements.Count < 2 || (elements[0] == "system" && (actor is not ActorRefWithCell { Underlying.Props.Type: { } type } || IsAkkas(type)));
    }

    /// <summary>The code of a process outside of its actors, or the test.</summary>
    public static Participant Of(Process? process) => process is null ? Participant.Test : new Participant(process.Name, Code);

    /// <summary>An actor.</summary>
    /// <param name="actor">The actor, or its reference on another node.</param>
    /// <param name="process">The process that holds the reference.</param>
    public static Participant Of(IActorRef actor, Process? process)
    {
        // The host of a reference to another node is the node's name.
        var node = IsRemote(actor) ? actor.Path.Address.Host : process?.Name;
        if (IsTemporary(actor))
            return process is null ? Participant.Test : new Participant(node ?? "", Code);
        return new Participant(node ?? "", IsInternal(actor) ? Internal : Path(actor));
    }

    /// <summary>The path without the address and the number of the incarnation.</summary>
    /// <remarks>Akka.NET numbers some actors over all systems of the process. Without these numbers, the names are the same when a seed runs again.</remarks>
    public static string Path(IActorRef actor) => ProcessWide().Replace(actor.Path.ToStringWithoutAddress(), "");

    public static bool IsRemote(IActorRef actor) => actor is IActorRefScope { IsLocal: false } && actor.Path.Address.Host is not null;

    /// <summary>True for what receives the answer to an Ask.</summary>
    public static bool IsTemporary(IActorRef? actor) => actor is not null && actor.Path.Elements is ["temp", ..];

    /// <summary>True for the sender of a message that has none.</summary>
    public static bool IsNobody(IActorRef? actor) => actor is null or Nobody || actor.Path.Elements is ["deadLetters", ..];

    [GeneratedRegex("(?<=/(EventStreamUnsubscriber|StreamSupervisor))-[0-9]+")]
    private static partial Regex ProcessWide();

    private static bool IsAkkas(Type type) =>
        type.Assembly.GetName().Name is "Akka" || type.Assembly.GetName().Name!.StartsWith("Akka.", StringComparison.Ordinal);
}
