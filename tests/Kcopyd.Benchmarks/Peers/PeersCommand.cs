using System.CommandLine;
using Kcopyd.Benchmarks.Peers.Workloads;

namespace Kcopyd.Benchmarks.Peers;

/// <summary><c>peers</c> and <c>startup</c>: we beside others.</summary>
internal static class PeersCommand
{
    private const int LeastRounds = 5;

    private static readonly Option<int> s_rounds = Rounds();
    private static readonly Option<string> s_tmpfs = Folder("--tmpfs", "A folder in memory.", "/dev/shm");
    private static readonly Option<string> s_disk = Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
    private static readonly Option<string?> s_command = new("--command") { Description = "A kcopyd executable; without it, one is published.", HelpName = "PATH" };
    private static readonly Option<string?> s_json = new("--json") { Description = "Write every round of every contender there.", HelpName = "FILE" };
    private static readonly Option<bool> s_install = new("--install") { Description = "First install the peers' Debian packages (root)." };

    public static Command CreatePeers()
    {
        var workloads = new Option<string[]>("--workloads") { Description = "Which, by comma; copy stands for copy-1, copy-4 and copy-8. All without it.", HelpName = "LIST", DefaultValueFactory = _ => [] };
        var size = new Option<long>("--size") { Description = "Size of the copied files.", HelpName = "BYTES", CustomParser = Sizes.Parse, DefaultValueFactory = _ => 512 << 20 };
        var svg = new Option<string?>("--svg") { Description = "Draw a chart there.", HelpName = "FILE" };
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var list = new Option<bool>("--list") { Description = "List the workloads, and which peers are missing." };
        var command = new Command("peers", "Our library and our command beside qemu-img, nbdcopy, cp, dd, dc3dd, tee, fio and a C program.")
        {
            workloads, s_rounds, size, s_tmpfs, s_disk, s_command, s_json, svg, docs, list, s_install,
        };
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(async () =>
        {
            var names = parsed.GetRequiredValue(workloads).SelectMany(each => each.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
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
        var command = new Command("startup", "How long our command takes for 1 MiB and for nothing, published and built, beside cp, dd and qemu-img.") { s_rounds, s_tmpfs, s_disk, s_command, s_json, s_install };
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(async () =>
        {
            if (parsed.GetValue(s_install))
                await Toolbox.InstallAsync(Console.Error, cancellationToken);
            return await PeersRun.RunAsync(Options(parsed), StartupContest.Workloads);
        }));
        return command;
    }

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
        var option = new Option<int>("--rounds") { Description = $"Rounds after the warm-up, {LeastRounds} or more.", HelpName = "N", DefaultValueFactory = _ => LeastRounds };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < LeastRounds)
                result.AddError($"--rounds {result.GetValueOrDefault<int>()}: at least {LeastRounds}, or a median says nothing.");
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
