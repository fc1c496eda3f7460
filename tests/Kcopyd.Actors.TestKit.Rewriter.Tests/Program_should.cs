using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class Program_should : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void rewrite_the_named_assembly_and_report()
    {
        _folder.Copy(RewrittenSample.Original);
        Assert.Equal(0, Run(_folder.Path, "RewriterSample", "--report", "--search", AppContext.BaseDirectory));
        Assert.Contains("x System.Guid.NewGuid()", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("calls System.Random..ctor(): by a derived class", _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_errors.ToString());
    }

    [Fact]
    public void rewrite_all_that_is_neither_of_NET_nor_of_the_kit_nor_strong_named()
    {
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll"))
            _folder.Copy(file);
        Assert.Equal(0, Run($"@{Response(_folder.Path)}"));
        var lines = _output.ToString().Split('\n').Where(l => l.Contains("redirected", StringComparison.Ordinal)).Select(l => l[..l.IndexOf(':')]);
        Assert.Equal(["Akka.dll", "RewriterProbe.dll", "RewriterSample.dll"], lines);
    }

    [Theory]
    [InlineData("is missing")]
    [InlineData("'no-such-folder' does not exist", "no-such-folder")]
    [InlineData("'--what' is not an option", "--what")]
    [InlineData("no-such-file' does not exist", "@no-such-file")]
    [InlineData("nothing.dll' does not exist", ".", "nothing")]
    [InlineData("--search needs a folder", ".", "--search")]
    public void explain_wrong_arguments(string message, params string[] arguments)
    {
        Assert.Equal(2, Run(arguments));
        Assert.Contains(message, _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void fail_if_a_named_assembly_cannot_be_rewritten()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "a.dll"), "");
        Assert.Equal(1, Run(_folder.Path, "a.dll"));
        Assert.Contains("a.dll: error KCR0002", _errors.ToString(), StringComparison.Ordinal);
    }

    private int Run(params string[] arguments) => Program.Run(arguments, _output, _errors);

    private string Response(params string[] arguments)
    {
        var file = Path.Combine(_folder.Path, "arguments.txt");
        File.WriteAllLines(file, arguments);
        return file;
    }
}
