using System.Globalization;
using System.Text;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Dispatch;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>
/// Replaces Akka.NET's unbounded mailboxes with ones that record their messages. Mailboxes of other types, such as bounded or priority mailboxes, stay as the
/// user has configured them, and their messages are not recorded.
/// </summary>
internal static class MailboxConfig
{
    private const string Default = "akka.actor.default-mailbox";
    private const string Key = "mailbox-type";

    // Akka.NET's own sections: they are added to the configuration later.
    private static readonly (string Path, Type Type)[] Standard =
    [
        (Default, typeof(RecordedMailbox)),
        ("akka.actor.mailbox.unbounded-queue-based", typeof(RecordedMailbox)),
        ("akka.actor.mailbox.unbounded-deque-based", typeof(RecordedDequeMailbox)),
    ];

    public static void Append(StringBuilder text, Config own, Process process)
    {
        // Each mailbox finds these two in the default section, which is the fallback of all others.
        text.AppendLine(CultureInfo.InvariantCulture, $"{Default} {{ simulation = {process.Engine.Id}, process = {process.Number} }}");
        foreach (var (path, type) in Standard.Where(standard => !own.HasPath($"{standard.Path}.{Key}")).Concat(Replaced(own.Root, "")))
            text.AppendLine(CultureInfo.InvariantCulture, $"{path}.{Key} = \"{type.AssemblyQualifiedName}\"");
    }

    /// <summary>The sections of a configuration that name one of the types that are replaced.</summary>
    private static IEnumerable<(string Path, Type Type)> Replaced(HoconValue? value, string path)
    {
        if (value is null || !value.IsObject())
            yield break;
        var items = value.GetObject().Items;
        if (path.Length > 0 && items.TryGetValue(Key, out var name) && name.IsString() && Replacement(name.GetString()) is { } type)
            yield return (path, type);
        foreach (var (key, item) in items)
        {
            foreach (var found in Replaced(item, path.Length == 0 ? NodeConfig.Quoted(key) : $"{path}.{NodeConfig.Quoted(key)}"))
                yield return found;
        }
    }

    private static Type? Replacement(string name) => name.Split(',')[0].Trim() switch
    {
        var full when full == typeof(UnboundedMailbox).FullName => typeof(RecordedMailbox),
        var full when full == typeof(UnboundedDequeBasedMailbox).FullName => typeof(RecordedDequeMailbox),
        _ => null,
    };
}
