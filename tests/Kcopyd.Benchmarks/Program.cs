using BenchmarkDotNet.Running;
using Kcopyd.Benchmarks;

switch (args.FirstOrDefault())
{
    case "engine":
        return await EngineBenchmark.RunAsync(folder: args.ElementAtOrDefault(1) ?? "/dev/shm", hocon: args.ElementAtOrDefault(2) ?? "", rounds: 7);
    case "micro":
        BenchmarkSwitcher.FromTypes([typeof(TokenBenchmark)]).Run(["--filter", "*", .. args.Skip(1)]);
        return 0;
    default:
        Console.Error.WriteLine("""
            Kcopyd.Benchmarks engine [FOLDER [HOCON]]   copies between files in FOLDER (default /dev/shm): pooled crews beside a plain
                                                        two-thread RandomAccess loop and beside literal spawn-per-job, interleaved;
                                                        medians and ratios. HOCON: settings to try, as text
            Kcopyd.Benchmarks micro [BDN ARGS]          cost and allocation of firing a prepared callback, by BenchmarkDotNet
            """);
        return 2;
}
