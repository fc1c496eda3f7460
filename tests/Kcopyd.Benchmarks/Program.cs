using System.CommandLine;
using BenchmarkDotNet.Running;
using Kcopyd.Benchmarks;
using Kcopyd.Benchmarks.Application;
using Kcopyd.Benchmarks.Nbd;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

var folder = new Argument<string>("FOLDER") { Description = "The folder for the files.", DefaultValueFactory = _ => "/dev/shm" };
var hocon = new Argument<string>("HOCON") { Description = "Settings to try, as text.", DefaultValueFactory = _ => "" };
var engine = new Command("engine", "Pooled crews beside a plain two-thread RandomAccess loop and beside crews spawned for each job.") { folder, hocon };
engine.SetAction(parsed => EngineBenchmark.RunAsync(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(hocon), rounds: 7));

var micro = new Command("micro", "Time and allocation of firing a prepared callback, with BenchmarkDotNet and its arguments.")
{
    TreatUnmatchedTokensAsErrors = false,
};
micro.SetAction(parsed =>
{
    BenchmarkSwitcher.FromTypes([typeof(TokenBenchmark)]).Run(["--filter", "*", .. parsed.UnmatchedTokens]);
});

var root = new RootCommand("Figures, not tests.")
{
    engine, micro, PeersCommand.CreatePeers(), PeersCommand.CreateStartup(), SnapshotCommand.Create(), NbdCommand.Create(), ApplicationCommand.Create(),
};
// Each command handles signals itself.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
