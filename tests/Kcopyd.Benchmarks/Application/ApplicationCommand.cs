using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Benchmarks.Application;

/// <summary>What the library adds to the start of an application: from a running actor system to the end of its first job.</summary>
/// <remarks>Everything is compiled and loaded in that time, which happens once in a process: each round is a process of its own.</remarks>
internal static class ApplicationCommand
{
    private const int Length = 1 << 20;     // bytes

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Processes that are started, one after the other.", DefaultValueFactory = _ => 15 };
        var once = new Option<bool>("--once") { Description = "One round, in this process.", Hidden = true };
        var command = new Command("application", "Start-up of the library in an application whose actor system runs: extension, first client, first job.") { rounds, once };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(once))
                await MeasureAsync();
            else
                await RunAsync(parsed.GetValue(rounds), cancellationToken);
        });
        return command;
    }

    private static async Task MeasureAsync()
    {
        using var system = ActorSystem.Create("application", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        // It runs: an actor has answered.
        await system.ActorOf(Props.Create(() => new Echo())).Ask<string>("up");
        await using var source = BlockDevice.Memory(Length);
        await using var destination = BlockDevice.Memory(Length);

        var (methodsBefore, compilingBefore) = (JitInfo.GetCompiledMethodCount(), JitInfo.GetCompilationTime());
        var begun = Stopwatch.GetTimestamp();
        var kcopyd = system.Kcopyd();
        var extension = Stopwatch.GetElapsedTime(begun);
        var client = kcopyd.GetClient();
        var made = Stopwatch.GetElapsedTime(begun);
        var result = await client.CopyAsync(source.Whole(), [destination.Whole()]);
        var copied = Stopwatch.GetElapsedTime(begun);
        if (result.Length != Length || result.ReadError || result.WriteErrors != 0)
            throw new InvalidOperationException($"the copy failed: {result}");
        var methods = JitInfo.GetCompiledMethodCount() - methodsBefore;
        var compiling = JitInfo.GetCompilationTime() - compilingBefore;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{methods} {compiling.TotalMilliseconds} {extension.TotalMilliseconds} {made.TotalMilliseconds} {copied.TotalMilliseconds}"));
    }

    private static async Task RunAsync(int rounds, CancellationToken cancellationToken)
    {
        var times = new List<double[]>();
        for (var round = 0; round < rounds; round++)
        {
            using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Environment.GetCommandLineArgs()[0] is var self && Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? [self] : Array.Empty<string>(), "application", "--once"])
            {
                RedirectStandardOutput = true,
            })!;
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"a round failed: {output}");
            times.Add([.. output.Split(' ').Select(static number => double.Parse(number, CultureInfo.InvariantCulture))]);
        }
        string[] names = ["methods compiled", "time of compiling", "extension", "first client", "first job of 1 MiB"];
        Console.WriteLine($"from a running actor system to the end of each, ms, {rounds} processes");
        Console.WriteLine($"{"",-20} {"least",8} {"median",8} {"most",8}");
        for (var i = 0; i < names.Length; i++)
        {
            var sorted = times.Select(one => one[i]).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{names[i],-20} {sorted[0],8:0.0} {sorted[sorted.Length / 2],8:0.0} {sorted[^1],8:0.0}"));
        }
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => Receive<string>(text => Sender.Tell(text));
    }
}
