using System.Reflection;
using Mono.Cecil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>
/// A method as text, the same for reflection and for metadata. The assembly that declares a type is left out: a library for netstandard2.0 and one for .NET 10
/// name different ones for the same type.
/// </summary>
internal static class Signature
{
    public static string Of(MethodBase method)
    {
        var declaring = method.DeclaringType ?? throw new ArgumentException($"{method} is a method of a module, and not of a type.", nameof(method));
        var definition = declaring.IsGenericType ? declaring.GetGenericTypeDefinition() : declaring;
        return Format(!method.IsStatic, definition.FullName!, method.Name, method.GetParameters().Select(p => Of(p.ParameterType)));
    }

    public static string Of(MethodReference method)
    {
        var element = method.GetElementMethod();
        return Format(element.HasThis, element.DeclaringType.GetElementType().FullName, element.Name, element.Parameters.Select(p => Of(p.ParameterType)));
    }

    /// <summary>The signature that the original of a replacement must have, to be equal to <see cref="Of(MethodBase)"/> of the original.</summary>
    public static string OfOriginal(MethodBase original, MethodInfo replacement)
    {
        var type = original.DeclaringType!;
        var arity = type.GetGenericArguments().Length;
        var parameters = replacement.GetParameters().Select(p => Of(p.ParameterType, arity)).ToList();
        if (!original.IsStatic && !original.IsConstructor)
        {
            // the object itself, or a reference to the value
            if (parameters.Count == 0 || parameters[0] != Of(type) + (type.IsValueType ? "&" : ""))
                return "";
            parameters.RemoveAt(0);
        }
        return Format(!original.IsStatic, type.FullName!, original.Name, parameters);
    }

    /// <param name="type">A type in the signature of a method.</param>
    /// <param name="arity">For a replacement: how many of its first type parameters stand for those of the type that declares the original.</param>
    public static string Of(Type type, int arity = 0)
    {
        if (type.IsGenericMethodParameter)
            return type.GenericParameterPosition < arity ? $"!{type.GenericParameterPosition}" : $"!!{type.GenericParameterPosition - arity}";
        if (type.IsGenericParameter)
            return $"!{type.GenericParameterPosition}";
        if (type.IsByRef)
            return Of(type.GetElementType()!, arity) + "&";
        if (type.IsArray)
            return Of(type.GetElementType()!, arity) + "[]";
        if (type.IsGenericType)
        {
            var arguments = string.Join(",", type.GetGenericArguments().Select(a => Of(a, arity)));
            return $"{type.GetGenericTypeDefinition().FullName!.Replace('+', '/')}<{arguments}>";
        }
        return type.FullName!.Replace('+', '/');
    }

    private static string Format(bool instance, string type, string name, IEnumerable<string> parameters) =>
        $"{(instance ? "instance " : "")}{type.Replace('+', '/')}::{name}({string.Join(",", parameters)})";

    private static string Of(TypeReference type) => type switch
    {
        GenericParameter { Type: GenericParameterType.Method } p => $"!!{p.Position}",
        GenericParameter p => $"!{p.Position}",
        ByReferenceType r => Of(r.ElementType) + "&",
        ArrayType { Rank: 1 } a => Of(a.ElementType) + "[]",
        GenericInstanceType g => $"{g.ElementType.FullName}<{string.Join(",", g.GenericArguments.Select(Of))}>",
        IModifierType m => Of(m.ElementType),
        _ => type.FullName,
    };
}
