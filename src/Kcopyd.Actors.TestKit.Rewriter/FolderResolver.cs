using Mono.Cecil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>Finds references in the given folders, and then in the .NET that runs the tool.</summary>
internal sealed class FolderResolver : BaseAssemblyResolver
{
    private readonly Dictionary<string, AssemblyDefinition> _known = new(StringComparer.Ordinal);

    public FolderResolver(IEnumerable<string> folders)
    {
        foreach (var folder in GetSearchDirectories())
            RemoveSearchDirectory(folder);
        foreach (var folder in folders.Append(Path.GetDirectoryName(typeof(object).Assembly.Location)!))
            AddSearchDirectory(folder);
    }

    public override AssemblyDefinition Resolve(AssemblyNameReference name)
    {
        if (!_known.TryGetValue(name.FullName, out var assembly))
        {
            assembly = base.Resolve(name);
            _known.Add(name.FullName, assembly);
        }
        return assembly;
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var assembly in _known.Values)
            assembly.Dispose();
        base.Dispose(disposing);
    }
}
