using Mono.Cecil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>
/// References from one module to the intercepts. The types in their signatures are those of the call that is replaced, so that no assembly is named that the
/// module does not name already.
/// </summary>
internal sealed class InterceptReferences(ModuleDefinition module, ReplacementTable table)
{
    private readonly Dictionary<string, MethodReference> _references = [];
    private AssemblyNameReference? _assembly;

    /// <summary>The intercept that stands for a call, as the operand of a call.</summary>
    public MethodReference For(Replacement replacement, MethodReference called)
    {
        var element = called.GetElementMethod();
        var open = Open(replacement, element);
        if (open.GenericParameters.Count == 0)
            return open;
        var closed = new GenericInstanceMethod(open);
        if (called.DeclaringType is GenericInstanceType type)
        {
            foreach (var argument in type.GenericArguments)
                closed.GenericArguments.Add(argument);
        }
        if (called is GenericInstanceMethod method)
        {
            foreach (var argument in method.GenericArguments)
                closed.GenericArguments.Add(argument);
        }
        return closed;
    }

    /// <summary>An intercept without parameters.</summary>
    public MethodReference For(System.Reflection.MethodInfo method, TypeReference result) =>
        new(method.Name, result, Type(method.DeclaringType!)) { HasThis = false };

    private MethodReference Open(Replacement replacement, MethodReference element)
    {
        var key = Signature.Of(element);
        if (_references.TryGetValue(key, out var open))
            return open;
        var isConstructor = replacement.Original.IsConstructor;
        open = new MethodReference(replacement.Method.Name, module.TypeSystem.Void, Type(replacement.Method.DeclaringType!)) { HasThis = false };
        foreach (var parameter in replacement.Method.GetGenericArguments())
            open.GenericParameters.Add(new GenericParameter(parameter.Name, open));
        var declaring = Self(element.DeclaringType.GetElementType(), replacement, open);
        var arity = replacement.Original.DeclaringType!.GetGenericArguments().Length;
        open.ReturnType = isConstructor ? declaring : Substitute(element.ReturnType, open, arity);
        if (element.HasThis && !isConstructor)
            open.Parameters.Add(new ParameterDefinition(replacement.Original.DeclaringType!.IsValueType ? new ByReferenceType(declaring) : declaring));
        foreach (var parameter in element.Parameters)
            open.Parameters.Add(new ParameterDefinition(Substitute(parameter.ParameterType, open, arity)));
        _references.Add(key, open);
        return open;
    }

    private static TypeReference Self(TypeReference type, Replacement replacement, MethodReference open)
    {
        var arity = replacement.Original.DeclaringType!.GetGenericArguments().Length;
        if (arity == 0)
            return type;
        var self = new GenericInstanceType(type);
        foreach (var parameter in open.GenericParameters.Take(arity))
            self.GenericArguments.Add(parameter);
        return self;
    }

    /// <summary>Type parameters of the original's type and method become those of the intercept.</summary>
    private static TypeReference Substitute(TypeReference type, MethodReference open, int arity)
    {
        switch (type)
        {
            case GenericParameter parameter:
                return open.GenericParameters[parameter.Type == GenericParameterType.Type ? parameter.Position : arity + parameter.Position];
            case ByReferenceType reference:
                return new ByReferenceType(Substitute(reference.ElementType, open, arity));
            case ArrayType { Rank: 1 } array:
                return new ArrayType(Substitute(array.ElementType, open, arity));
            case GenericInstanceType generic:
                var result = new GenericInstanceType(generic.ElementType);
                foreach (var argument in generic.GenericArguments)
                    result.GenericArguments.Add(Substitute(argument, open, arity));
                return result;
            default:
                return type;
        }
    }

    private TypeReference Type(System.Type type) => new(type.Namespace, type.Name, module, Assembly());

    private AssemblyNameReference Assembly()
    {
        if (_assembly is not null)
            return _assembly;
        var name = table.Intercepts.GetName();
        _assembly = new AssemblyNameReference(name.Name, name.Version);
        module.AssemblyReferences.Add(_assembly);
        return _assembly;
    }
}
