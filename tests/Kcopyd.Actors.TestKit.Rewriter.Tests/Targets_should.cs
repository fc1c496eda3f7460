using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Mono.Cecil;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

/// <summary>Builds a small program that imports the targets as the package does: a project with a reference to another project and to Akka.</summary>
public sealed class Targets_should : IDisposable
{
    private static readonly string[] Quietly = ["-c", "Release", "-nologo", "-p:UseSharedCompilation=false"];

    private readonly TemporaryFolder _folder = new();

    public Targets_should()
    {
        var bin = AppContext.BaseDirectory;
        var targets = Path.Combine(bin, "Kcopyd.Actors.TestKit.targets");
        Write("lib/lib.csproj", Project("", ""));
        Write("lib/Lib.cs", "public static class Lib { public static System.DateTime Now() => System.DateTime.UtcNow; }");
        Write("app/app.csproj", Project(
            "<OutputType>Exe</OutputType><UseAppHost>false</UseAppHost><SimulateAssemblies Condition=\"'$(SimulateAssemblies)' == ''\">true</SimulateAssemblies>" +
            $"<KcopydRewriter>{bin}Kcopyd.Actors.TestKit.Rewriter.dll</KcopydRewriter>",
            $"""
            <ItemGroup>
              <ProjectReference Include="../lib/lib.csproj" />
              <Reference Include="Akka" HintPath="{bin}Akka.dll" />
              <Reference Include="RewriterSample" HintPath="{bin}RewriterSample.dll" />
              <Reference Include="Kcopyd.Actors.TestKit.Intercepts" HintPath="{bin}Kcopyd.Actors.TestKit.Intercepts.dll" />
            </ItemGroup>
            <Import Project="{targets}" />
            """));
        Write("app/App.cs", "System.Console.WriteLine($\"{Lib.Now() <= System.DateTime.UtcNow} {typeof(Akka.Actor.ActorSystem).Name} {typeof(RewriterSample.Clocks).Name}\");");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task rewrite_the_output_of_a_project_once_and_again_only_what_changes()
    {
        await Build("build");
        Assert.Equal(["Akka", "app", "lib"], Rewritten("app/bin/Release/net10.0"));
        Assert.Empty(Rewritten("lib/bin/Release/net10.0"));
        Assert.Equal("True ActorSystem Clocks", (await Dotnet.RunAsync(_folder.Path, "app/bin/Release/net10.0/app.dll")).Trim());
        var first = Times();

        await Build("build");
        Assert.Equal(first, Times());
        Assert.Equal(["Akka", "app", "lib"], Rewritten("app/bin/Release/net10.0"));

        Write("lib/Lib.cs", "public static class Lib { public static System.DateTime Now() => System.DateTime.UtcNow.AddDays(-1); }");
        await Build("build");
        Assert.Equal(["lib"], Times().Where(t => first[t.Key] != t.Value).Select(t => t.Key));
        Assert.Equal(["Akka", "app", "lib"], Rewritten("app/bin/Release/net10.0"));

        await Build("build", "-p:SimulateAssemblies=false");
        Assert.Empty(Rewritten("app/bin/Release/net10.0"));
    }

    [Fact]
    public async Task rewrite_what_is_published()
    {
        await Build("publish", "-p:Extra=RewriterSample");
        Assert.Equal(["Akka", "RewriterSample", "app", "lib"], Rewritten("app/bin/Release/net10.0/publish"));
        await Build("publish", "--no-build", "-p:Extra=RewriterSample", "-p:Not=Akka", "-o", Path.Combine(_folder.Path, "out"));
        Assert.Equal(["RewriterSample", "app", "lib"], Rewritten("out"));
    }

    [Fact]
    public async Task fail_again_after_an_assembly_could_not_be_rewritten()
    {
        var project = Path.Combine(_folder.Path, "app/app.csproj");
        var name = Path.GetFileNameWithoutExtension("RewriterSampleWithEmbeddedSymbols.dll");
        File.WriteAllText(project, File.ReadAllText(project).Replace("RewriterSample", name, StringComparison.Ordinal));
        Write("app/App.cs", "System.Console.WriteLine(typeof(RewriterSample.Clocks).Name);");
        for (var i = 0; i < 2; i++)
        {
            var (exitCode, output) = await Dotnet.TryRunAsync(_folder.Path, ["build", "app", "-p:Extra=" + name, .. Quietly]);
            Assert.NotEqual(0, exitCode);
            Assert.Contains("error KCR0002", output, StringComparison.Ordinal);
            Assert.Contains("SimulateStrongNamedAssemblies", output, StringComparison.Ordinal);
        }
        await Build("build", "-p:Extra=" + name, "-p:SimulateStrongNamedAssemblies=true");
        Assert.Equal(["Akka", name, "app", "lib"], Rewritten("app/bin/Release/net10.0"));
    }

    private static string Project(string properties, string items) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><TargetFramework>net10.0</TargetFramework><GenerateDocumentationFile>false</GenerateDocumentationFile>{properties}</PropertyGroup>
          <ItemGroup>
            <SimulatedAssembly Include="$(Extra)" />
            <NotSimulatedAssembly Include="$(Not)" />
          </ItemGroup>
          {items}
        </Project>
        """;

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private Task<string> Build(string command, params string[] arguments) => Dotnet.RunAsync(_folder.Path, [command, "app", .. Quietly, .. arguments]);

    private Dictionary<string, DateTime> Times() => Directory.EnumerateFiles(Path.Combine(_folder.Path, "app/obj/Release/net10.0/simulated"), "*.dll")
        .ToDictionary(f => Path.GetFileNameWithoutExtension(f), File.GetLastWriteTimeUtc);

    private List<string> Rewritten(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(_folder.Path, folder), "*.dll").Where(IsMarked).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];

    private static bool IsMarked(string file)
    {
        using var module = ModuleDefinition.ReadModule(file);
        return module.Resources.Any(r => r.Name == AssemblyRewriter.Mark);
    }
}
