using System.CommandLine;
using Kcopyd.Benchmarks.Peers.Workloads;

namespace Kcopyd.Benchmarks.Peers;

/// <summary><c>peers</c> and <c>startup</c>: our library and command compared with other programs.</summary>
internal static class PeersCommand
{
    private const int MinRounds = 5;

    private static readonly Option<int> s_rounds = Rounds();
    private static readonly Option<string> s_tmpfs = Folder("--tmpfs", "A folder in memory.", "/dev/shm");
    private static readonly Option<string> s_disk = Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
    private static readonly Option<string?> s_command = new("--command")
    {
        Description = "A kcopyd executable; without it, one is published.",
        HelpName = "PATH",
    };
    private static readonly Option<string?> s_json = new("--json") { Description = "Write every round of every contender to this file.", HelpName = "FILE" };
    private static readonly Option<bool> s_install = new("--install") { Description = "First install the peers' Debian packages (root)." };

    public static Command CreatePeers()
    {
        var workloads = new Option<string[]>("--workloads")
        {
            Description = "The workloads to run, separated by commas; copy stands for copy-1, copy-4 and copy-8. The default is all.",
            HelpName = "LIST",
            DefaultValueFactory = _ => [],
        };
        var size = new Option<long>("--size")
        {
            Description = "The size of the copied files.",
            HelpName = "BYTES",
            CustomParser = Sizes.Parse,
            DefaultValueFactory = _ => 512 << 20,
        };
        var svg = new Option<string?>("--svg") { Description = "Draw a chart into this file.", HelpName = "FILE" };
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var list = new Option<bool>("--list") { Description = "List the workloads, and which peers are missing." };
        var command = new Command("peers", "Our library and our command beside qemu-img, nbdcopy, cp, dd, dc3dd, tee, fio and a C program.")
        {
            workloads, s_rounds, size, s_tmpfs, s_disk, s_command, s_json, svg, docs, list, s_install,
        };
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(async () =>
        {
            var names = Names(parsed.GetRequiredValue(workloads));
            var chosen = Catalogue.Choose(names);
            if (parsed.GetValue(s_install))
                await Toolbox.InstallAsync(Console.Error, cancellationToken);
            if (parsed.GetValue(list))
                return List(chosen);
            var options = Options(parsed) with { Workloads = names, Size = parsed.GetValue(size), Svg = parsed.GetValue(svg), Docs = parsed.GetValue(docs) };
            return await PeersRun.RunAsync(options, chosen);
        }));
        return command;
    }

    public static Command CreateStartup()
    {
        var command = new Command("startup", "How long our command takes for 1 MiB and for nothing, published and built, beside cp, dd and qemu-img.")
        {
            s_rounds, s_tmpfs, s_disk, s_command, s_json, s_install,
        };
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(async () =>
        {
            if (parsed.GetValue(s_install))
                await Toolbox.InstallAsync(Console.Error, cancellationToken);
            return await PeersRun.RunAsync(Options(parsed), StartupContest.Workloads);
        }));
        return command;
    }

    /// <summary>The names of lists separated by commas.</summary>
    internal static string[] Names(IEnumerable<string> lists) =>
        [.. lists.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    internal static Option<string> Folder(string name, string description, string value)
    {
        var option = new Option<string>(name) { Description = description, HelpName = "DIR", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (!Directory.Exists(result.GetValueOrDefault<string>()))
                result.AddError($"{name} {result.GetValueOrDefault<string>()}: no such folder.");
        });
        return option;
    }

    internal static Option<int> Rounds()
    {
        var option = new Option<int>("--rounds")
        {
            Description = $"The number of rounds after the warm-up, at least {MinRounds}.",
            HelpName = "N",
            DefaultValueFactory = _ => MinRounds,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < MinRounds)
                result.AddError($"--rounds {result.GetValueOrDefault<int>()}: must be at least {MinRounds}, because a median of fewer has no meaning.");
        });
        return option;
    }

    private static PeersOptions Options(ParseResult parsed) => new()
    {
        Rounds = parsed.GetValue(s_rounds),
        Tmpfs = Path.GetFullPath(parsed.GetRequiredValue(s_tmpfs)),
        Disk = Path.GetFullPath(parsed.GetRequiredValue(s_disk)),
        Command = parsed.GetValue(s_command),
        Json = parsed.GetValue(s_json),
    };

    internal static async Task<int> RunAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (PeersException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    private static int List(IReadOnlyList<NamedWorkload> workloads)
    {
        foreach (var workload in workloads)
            Console.WriteLine($"{workload.Name,-14}{workload.Description}");
        foreach (var tool in Toolbox.Programs)
            Console.WriteLine($"{tool,-14}{Toolbox.Missing(tool) ?? Toolbox.Find(tool)}");
        return 0;
    }
}
