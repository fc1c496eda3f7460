using System.Text;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>Rewrites assembly files in place, with their debug symbols, and marks them.</summary>
internal sealed class AssemblyRewriter(ReplacementTable table, IReadOnlyList<string> searchFolders)
{
    /// <summary>The resource that marks a rewritten assembly; its content is the version of the table.</summary>
    public const string Mark = "Kcopyd.Actors.TestKit.Rewriter";

    /// <param name="path">The file.</param>
    /// <param name="required">Whether an assembly that should not be rewritten is an error; otherwise it is skipped.</param>
    /// <param name="strongNamed">Whether to rewrite an assembly with a strong name.</param>
    public RewriteResult Rewrite(string path, bool required, bool strongNamed)
    {
        try
        {
            using var resolver = new FolderResolver(searchFolders);
            using var module = Read(path, resolver);
            if (Unfit(module, strongNamed) is { } reason)
                return required ? new RewriteResult(path) { Error = reason } : new RewriteResult(path) { Skipped = reason };
            if (module.Resources.OfType<EmbeddedResource>().FirstOrDefault(r => r.Name == Mark) is { } mark)
                return Marked(path, Encoding.UTF8.GetString(mark.GetResourceData()));
            var result = new RewriteResult(path);
            new MethodRewriter(module, table, result).Rewrite();
            module.Resources.Add(new EmbeddedResource(Mark, ManifestResourceAttributes.Private, Encoding.UTF8.GetBytes(table.Version)));
            Write(module, path);
            return result;
        }
        catch (BadImageFormatException) when (!required)
        {
            return new RewriteResult(path) { Skipped = "not a managed assembly" };
        }
        catch (BadImageFormatException)
        {
            return new RewriteResult(path) { Error = "it is not a managed assembly" };
        }
        catch (RewriteException e)
        {
            return new RewriteResult(path) { Error = e.Message };
        }
    }

    private static ModuleDefinition Read(string path, FolderResolver resolver) => ModuleDefinition.ReadModule(path, new ReaderParameters
    {
        InMemory = true,
        AssemblyResolver = resolver,
        ReadSymbols = true,
        SymbolReaderProvider = new DefaultSymbolReaderProvider(throwIfNoSymbol: false),
        ThrowIfSymbolsAreNotMatching = false,
    });

    private static string? Unfit(ModuleDefinition module, bool strongNamed)
    {
        if (module.Assembly is null)
            return "it is a module, and not an assembly";
        if (module.Assembly.Name.Name is "Kcopyd.Actors.TestKit" or "Kcopyd.Actors.TestKit.Intercepts" or "Kcopyd.Actors.TestKit.Rewriter")
            return "it is a part of the test kit, which runs the simulation";
        if (module.Assembly.Name.Name is "System.Private.CoreLib" or "System.Runtime" or "netstandard" or "mscorlib")
            return "it is a part of .NET";
        if ((module.Attributes & ModuleAttributes.ILOnly) == 0)
            return "it contains native code";
        if (module.Assembly.Name.HasPublicKey && !strongNamed)
            return "it has a strong name, and its signature would become invalid; pass --strong-named (in a project: SimulateStrongNamedAssemblies), or leave it out (NotSimulatedAssembly)";
        return null;
    }

    private RewriteResult Marked(string path, string version) => version == table.Version
        ? new RewriteResult(path) { Skipped = "already rewritten" }
        : new RewriteResult(path) { Error = "it was rewritten by another version of the test kit; delete it, and build again" };

    private static void Write(ModuleDefinition module, string path)
    {
        // The name stays, with the public key, or references to it would not be resolved; .NET does not check signatures.
        module.Attributes &= ~ModuleAttributes.StrongNameSigned;
        module.Write(path, new WriterParameters
        {
            DeterministicMvid = true,
            WriteSymbols = module.HasSymbols,
            SymbolWriterProvider = module.HasSymbols ? module.SymbolReader.GetWriterProvider() : null,
        });
    }
}
