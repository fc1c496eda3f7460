using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Mono.Cecil;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class AssemblyRewriter_should : IDisposable
{
    private static readonly string WithEmbeddedSymbols = Path.Combine(AppContext.BaseDirectory, "RewriterSampleWithEmbeddedSymbols.dll");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task keep_the_lines_of_stack_traces(bool embedded)
    {
        var copy = _folder.Copy(embedded ? WithEmbeddedSymbols : RewrittenSample.Original);
        if (!embedded)
            _folder.Copy(Path.ChangeExtension(RewrittenSample.Original, ".pdb"));
        Assert.Null(Rewrite(copy).Error);
        var rewritten = await Failure(new AssemblyLoadContext("rewritten").LoadFromAssemblyPath(copy));
        var original = await Failure(Assembly.LoadFrom(embedded ? WithEmbeddedSymbols : RewrittenSample.Original));
        Assert.Equal((original.GetFileName(), original.GetFileLineNumber()), (rewritten.GetFileName(), rewritten.GetFileLineNumber()));
        Assert.Equal("Failures.cs", Path.GetFileName(rewritten.GetFileName()));
        Assert.NotEqual(0, rewritten.GetFileLineNumber());
    }

    [Fact]
    public void leave_an_assembly_alone_that_it_has_rewritten()
    {
        var copy = _folder.Copy(RewrittenSample.Original);
        var symbols = _folder.Copy(Path.ChangeExtension(RewrittenSample.Original, ".pdb"));
        Assert.Null(Rewrite(copy).Skipped);
        var (bytes, symbolBytes) = (File.ReadAllBytes(copy), File.ReadAllBytes(symbols));
        Assert.Equal("already rewritten", Rewrite(copy).Skipped);
        Assert.Equal(bytes, File.ReadAllBytes(copy));
        Assert.Equal(symbolBytes, File.ReadAllBytes(symbols));
    }

    [Fact]
    public void write_the_same_bytes_for_the_same_assembly()
    {
        using var other = new TemporaryFolder();
        var copies = new[] { _folder, other }.Select(f => f.Copy(RewrittenSample.Original)).ToList();
        Assert.All(copies, c => Assert.Null(Rewrite(c).Error));
        Assert.Equal(File.ReadAllBytes(copies[0]), File.ReadAllBytes(copies[1]));
    }

    [Fact]
    public void refuse_an_assembly_that_another_version_has_rewritten()
    {
        var copy = _folder.Copy(RewrittenSample.Original);
        using (var module = ModuleDefinition.ReadModule(copy, new ReaderParameters { InMemory = true }))
        {
            module.Resources.Add(new EmbeddedResource(AssemblyRewriter.Mark, Mono.Cecil.ManifestResourceAttributes.Private, "0.0.0"u8.ToArray()));
            module.Write(copy);
        }
        Assert.Contains("another version", Rewrite(copy).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void rewrite_a_strong_named_assembly_only_if_asked_and_keep_its_identity()
    {
        var copy = _folder.Copy(WithEmbeddedSymbols);
        var before = AssemblyName.GetAssemblyName(copy).FullName;
        Assert.DoesNotContain("PublicKeyToken=null", before, StringComparison.Ordinal);
        Assert.Contains("strong name", Rewrite(copy, required: true, strongNamed: false).Error, StringComparison.Ordinal);
        Assert.Contains("strong name", Rewrite(copy, required: false, strongNamed: false).Skipped, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(WithEmbeddedSymbols), File.ReadAllBytes(copy));
        Assert.Null(Rewrite(copy).Error);
        Assert.Equal(before, AssemblyName.GetAssemblyName(copy).FullName);
    }

    [Fact]
    public void add_no_reference_but_the_one_to_the_intercepts()
    {
        var copy = _folder.Copy(RewrittenSample.Original);
        Rewrite(copy);
        Assert.Equal(["Kcopyd.Actors.TestKit.Intercepts"], References(copy).Except(References(RewrittenSample.Original)));
    }

    [Fact]
    public void report_what_it_cannot_redirect()
    {
        using var sample = new RewrittenSample();
        Assert.Equal(["RewriterSample.DerivedRandom calls System.Random..ctor(): by a derived class"], sample.Result.Leaks.Keys);
    }

    [Fact]
    public void refuse_a_file_that_is_not_an_assembly_and_skip_it_if_nobody_named_it()
    {
        var file = Path.Combine(_folder.Path, "text.dll");
        File.WriteAllText(file, "text");
        Assert.Contains("not a managed assembly", Rewrite(file).Error, StringComparison.Ordinal);
        Assert.Contains("not a managed assembly", Rewrite(file, required: false).Skipped, StringComparison.Ordinal);
    }

    private static RewriteResult Rewrite(string file, bool required = true, bool strongNamed = true) =>
        new AssemblyRewriter(ReplacementTable.OfIntercepts(), [AppContext.BaseDirectory]).Rewrite(file, required, strongNamed);

    private static List<string> References(string file)
    {
        using var module = ModuleDefinition.ReadModule(file);
        return [.. module.AssemblyReferences.Select(r => r.Name)];
    }

    private static async Task<StackFrame> Failure(Assembly assembly)
    {
        var fail = assembly.GetType("RewriterSample.Failures", throwOnError: true)!.GetMethod("FailAsync")!.CreateDelegate<Func<bool, Task<DateTime>>>();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => fail(true));
        return new StackTrace(exception, fNeedFileInfo: true).GetFrame(0)!;
    }
}
