using Akka.Actor;
using Akka.Configuration;
using BenchmarkDotNet.Attributes;
using Kcopyd.Actors;

namespace Kcopyd.Benchmarks;

/// <summary>
/// The cost of firing a prepared callback on the firing thread. Tokens are prepared outside the measurement; the client receives them at the same time.
/// </summary>
#pragma warning disable CA1001 // BenchmarkDotNet calls the cleanup methods
[MemoryDiagnoser]
[SimpleJob(warmupCount: 3, iterationCount: 8, invocationCount: 1)]
public class TokenBenchmark
{
    private const int Tokens = 100_000;

    private readonly PreparedCallback[] _tokens = new PreparedCallback[Tokens];
    private ActorSystem _system = null!;
    private KcopydClient _client = null!;
    private CountdownEvent _notified = null!;

    [GlobalSetup]
    public void Start()
    {
        _system = ActorSystem.Create("bench", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        _client = _system.Kcopyd().CreateClient();
    }

    [IterationSetup]
    public void Prepare()
    {
        _notified = new CountdownEvent(Tokens);
        for (var i = 0; i < Tokens; i++)
            _tokens[i] = _client.PrepareCallback((_, _, _) => _notified.Signal());
    }

    [Benchmark(OperationsPerInvoke = Tokens)]
    public void Fire()
    {
        foreach (var token in _tokens)
            token.Submit();
    }

    [IterationCleanup]
    public void Wait() => _notified.Wait();

    [GlobalCleanup]
    public void Stop() => _system.Terminate().Wait();
}
