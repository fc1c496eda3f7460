using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Application;

/// <summary>Measures what the library adds to the start of an application (App/), from a running actor system to the end of its first job, for each way of
/// publishing it.</summary>
/// <remarks>In that time everything is loaded, and compiled if it has to be, which happens once in a process: each round is a separate process, and the ways
/// take turns.</remarks>
internal static class ApplicationCommand
{
    private static readonly Way[] Ways =
    [
        new("compiled when it runs", ["--self-contained", "false"]),
        new("ReadyToRun", ["--self-contained", "false", "-p:PublishReadyToRun=true"]),
        new("ReadyToRun, with the runtime", ["--self-contained", "true", "-p:PublishReadyToRun=true", "-p:PublishReadyToRunComposite=true"]),
        new("native", ["-p:PublishAot=true"]),
    ];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Processes to start for each way.", DefaultValueFactory = _ => 15 };
        var folder = new Option<string>("--project")
        {
            Description = "The folder of the application.",
            DefaultValueFactory = _ => "tests/Kcopyd.Benchmarks/Application/App",
        };
        var command = new Command("application",
            "The start of the library in an application whose actor system runs (extension, first client, first job), for each way of publishing it.")
        {
            rounds, folder,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(folder)!, parsed.GetValue(rounds), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string project, int rounds, CancellationToken cancellationToken)
    {
        var output = Directory.CreateTempSubdirectory("kcopyd-application-").FullName;
        try
        {
            for (var way = 0; way < Ways.Length; way++)
            {
                string[] target = ["-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-o", $"{output}/{way}"];
                await RunAsync("dotnet", ["publish", project, .. target, .. Ways[way].Arguments], cancellationToken);
            }
            for (var round = 0; round < rounds; round++)
            {
                for (var way = 0; way < Ways.Length; way++)
                {
                    var times = await RunAsync($"{output}/{way}/App", [], cancellationToken);
                    Ways[way].Times.Add([.. times.Split(' ').Select(static number => double.Parse(number, CultureInfo.InvariantCulture))]);
                }
            }
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
        Console.WriteLine($"from a running actor system to the end of each, ms, median (minimum), {rounds} processes for each way");
        Console.WriteLine($"{"",-30} {"extension",16} {"first client",16} {"first 1 MiB job",16} {"methods compiled",16}");
        foreach (var way in Ways)
            Console.WriteLine($"{way.Name,-30} {way.Figure(0),16} {way.Figure(1),16} {way.Figure(2),16} {way.Figure(3),16}");
    }

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed: {output}");
    }

    private sealed record Way(string Name, string[] Arguments)
    {
        public List<double[]> Times { get; } = [];

        public string Figure(int step)
        {
            var sorted = Times.Select(one => one[step]).Order().ToArray();
            return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:0.0} ({sorted[0]:0.0})");
        }
    }
}
