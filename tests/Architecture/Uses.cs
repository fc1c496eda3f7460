using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Kcopyd.Tests.Architecture;

/// <summary>A file that uses a type of another file.</summary>
internal readonly record struct Use(string File, string OtherFile, string Type);

/// <summary>The uses between the files of an assembly, from its compiled types and its symbols. Uses of constants are missing: the compiler inlines their
/// values.</summary>
internal sealed class Uses
{
    private readonly string _source;
    private readonly ModuleDefinition _module;
    private readonly Dictionary<string, string> _fileOf = new(StringComparer.Ordinal);     // by the type's full name
    private readonly HashSet<Use> _all = [];

    private Uses(string assembly, string source)
    {
        _source = source;
        using var module = ModuleDefinition.ReadModule(assembly, new ReaderParameters { ReadSymbols = true, InMemory = true });
        _module = module;
        var files = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories).Where(IsSource).ToDictionary(static file => file, File.ReadAllText);
        foreach (var type in module.Types.Where(static type => type.Name[0] != '<'))
        {
            if (FileOf(type, files) is { } file)
                _fileOf.Add(type.FullName, file);
        }
        foreach (var type in module.GetTypes())
            Add(type);
    }

    /// <param name="assembly">Path of the assembly, with its portable symbols next to it.</param>
    /// <param name="source">The project's folder.</param>
    public static IReadOnlyCollection<Use> Of(string assembly, string source) => new Uses(assembly, source)._all;

    private bool IsSource(string path) => path.StartsWith(_source, StringComparison.Ordinal)
        && !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal);

    private string? FileOf(TypeDefinition type, Dictionary<string, string> files)
    {
        var name = type.Name.Split('`')[0];
        var found = WithNested(type).SelectMany(static each => each.Methods).Select(PathOf).OfType<string>().Where(IsSource).Distinct().ToList();
        var declaration = $@"\b(enum|interface|class|struct|record|delegate [\w<>?.]+)\s+{Regex.Escape(name)}\b";
        var file = found.Find(path => Path.GetFileName(path) == name + ".cs") ?? found.MinBy(static path => path.Length)
            ?? files.FirstOrDefault(each => Regex.IsMatch(each.Value, declaration)).Key;
        return file is null ? null : Path.GetRelativePath(_source, file);
    }

    private void Add(TypeDefinition type)
    {
        if (!_fileOf.TryGetValue(Outermost(type).FullName, out var file))
            return;
        Add(file, type.BaseType);
        foreach (var implemented in type.Interfaces)
            Add(file, implemented.InterfaceType);
        foreach (var field in type.Fields)
            Add(file, field.FieldType);
        foreach (var attribute in type.CustomAttributes)
            Add(file, attribute.AttributeType);
        foreach (var constraint in type.GenericParameters.SelectMany(static parameter => parameter.Constraints))
            Add(file, constraint.ConstraintType);
        foreach (var method in type.Methods)
            Add(PathOf(method) is { } path && IsSource(path) ? Path.GetRelativePath(_source, path) : file, method);
    }

    private void Add(string file, MethodDefinition method)
    {
        AddSignature(file, method);
        if (!method.HasBody)
            return;
        foreach (var variable in method.Body.Variables)
            Add(file, variable.VariableType);
        foreach (var handler in method.Body.ExceptionHandlers)
            Add(file, handler.CatchType);
        foreach (var instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference used:
                    Add(file, used);
                    break;
                case FieldReference used:
                    Add(file, used.DeclaringType);
                    Add(file, used.FieldType);
                    break;
                case MethodReference used:
                    Add(file, used.DeclaringType);
                    AddSignature(file, used);
                    foreach (var argument in (used as GenericInstanceMethod)?.GenericArguments ?? [])
                        Add(file, argument);
                    break;
                default:
                    break;
            }
        }
    }

    private void AddSignature(string file, MethodReference method)
    {
        Add(file, method.ReturnType);
        foreach (var parameter in method.Parameters)
            Add(file, parameter.ParameterType);
    }

    private void Add(string file, TypeReference? used)
    {
        if (used is null)
            return;
        foreach (var argument in (used as GenericInstanceType)?.GenericArguments ?? [])
            Add(file, argument);
        var type = Outermost(used.GetElementType());
        if (type.Scope == _module && _fileOf.TryGetValue(type.FullName, out var other) && other != file)
            _all.Add(new Use(file, other, type.Name));
    }

    private static string? PathOf(MethodDefinition method) =>
        method.DebugInformation is { HasSequencePoints: true } debug ? debug.SequencePoints[0].Document.Url : null;

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }
}
