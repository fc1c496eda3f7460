using System.Globalization;
using System.Text;
using System.Xml;
using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Short texts of messages, for people.</summary>
internal static class MessageText
{
    private const int MaxLength = 60;

    /// <summary>The type and the content of a message, on one line. It is the present content: a mutable message may have changed since it was sent.</summary>
    public static string Of(object? message)
    {
        switch (message)
        {
            case null:
                return "null";
            case IActorRef actor:
                return ActorNames.Path(actor);
            case bool value:
                return value ? "true" : "false";
            case string text:
                return $"\"{Short(text)}\"";
            case IFormattable value when value.GetType() is { } kind && (kind.IsPrimitive || kind.IsEnum):
                return value.ToString(null, CultureInfo.InvariantCulture);
        }
        var type = message.GetType();
        var name = NameOf(type);
        var writes = type.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType;
        if (writes is null || writes == typeof(object) || writes == typeof(ValueType))
            return name;
        var content = Content(message);
        return Short(content.StartsWith(name, StringComparison.Ordinal) ? content : $"{name} {content}");
    }

    /// <summary>The name of a type as C# writes it, without the namespace.</summary>
    public static string NameOf(Type type)
    {
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        if (!type.IsGenericType)
            return type.Name;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>";
    }

    /// <summary>The text on one line, without what XML cannot hold.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">The greatest number of characters.</param>
    public static string Short(string text, int length = MaxLength)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= length - 1 && text.Length > length)
                return line.Append('…').ToString();
            if (Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
                line.Append(' ');
            else if (rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value))
                line.Append('\uFFFD');
            else
                line.Append(rune.ToString());
        }
        return line.ToString();
    }

    // The report of a failure must not fail because of a message's text, which is the user's code.
    private static string Content(object message)
    {
        try
        {
            return message.ToString() ?? "";
        }
        catch (Exception exception)
        {
            return $"(its ToString threw {exception.GetType().Name})";
        }
    }
}
