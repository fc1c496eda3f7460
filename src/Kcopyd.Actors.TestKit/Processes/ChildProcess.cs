using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Kcopyd.Actors.TestKit.Processes;

/// <summary>Starts this assembly as a program, in the test's own folder and with the test's own packages.</summary>
internal static class ChildProcess
{
    private static readonly Lazy<string> RuntimeConfig = new(WriteRuntimeConfig);

    public static Process Start(Batch batch, Action<string> error)
    {
        var program = typeof(ChildProcess).Assembly.Location;
        var dependencies = Path.ChangeExtension(batch.Test.Assembly, ".deps.json");
        var start = new ProcessStartInfo(Host()) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add("--runtimeconfig");
        start.ArgumentList.Add(RuntimeConfig.Value);
        if (File.Exists(dependencies))
        {
            start.ArgumentList.Add("--depsfile");
            start.ArgumentList.Add(dependencies);
        }
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(batch.ToArgument());
        start.Environment.Remove("DOTNET_STARTUP_HOOKS");       // those of a test runner
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} could not be started.");
        process.ErrorDataReceived += (_, args) =>
        {
            if (args.Data is { } line)
                error(line);
        };
        process.BeginErrorReadLine();
        return process;
    }

    private static string Host() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    // The frameworks of this process, and a thread pool with one thread.
    private static string WriteRuntimeConfig()
    {
        var frameworks = new JsonArray();
        foreach (var (name, version) in Frameworks())
            frameworks.Add(new JsonObject { ["name"] = name, ["version"] = version });
        var config = new JsonObject
        {
            ["runtimeOptions"] = new JsonObject
            {
                ["tfm"] = $"net{Environment.Version.Major}.{Environment.Version.Minor}",
                ["frameworks"] = frameworks,
                ["configProperties"] = new JsonObject
                {
                    ["System.Threading.ThreadPool.MinThreads"] = 1,
                    ["System.Threading.ThreadPool.MaxThreads"] = 1,
                    ["System.GC.Server"] = false,
                    ["System.GC.Concurrent"] = false,
                    ["System.Globalization.Invariant"] = true,
                },
            },
        };
        var file = Path.Combine(Directory.CreateTempSubdirectory("kcopyd-simulation-").FullName, "simulation.runtimeconfig.json");
        File.WriteAllText(file, config.ToJsonString());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return file;
    }

    // .NET keeps each framework in a folder of its version, in a folder of its name.
    private static IEnumerable<(string Name, string Version)> Frameworks()
    {
        var core = new DirectoryInfo(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        yield return (core.Parent!.Name, core.Name);
        var web = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(static assembly => assembly.GetName().Name == "Microsoft.AspNetCore");
        if (web is { Location.Length: > 0 } && new DirectoryInfo(Path.GetDirectoryName(web.Location)!) is { Parent.Name: "Microsoft.AspNetCore.App" } folder)
            yield return (folder.Parent.Name, folder.Name);
    }
}
