using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.TestKit;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// One seed: a scenario played on a client in a simulated <see cref="World"/>. First everything goes wrong that the scenario holds; then
/// the world turns calm (nothing hangs, nothing is paused or unfired, no throttle is all but shut), and what was admitted has to come to its end.
/// </summary>
internal sealed partial class SimulationRun : IDisposable
{
    /// <summary>What an actor system of a single simulation does without.</summary>
    public static readonly Config Quiet = ConfigurationFactory.ParseString("""
        akka.log-dead-letters = off
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        """);

    private readonly int _seed;
    private readonly World _world;
    private readonly Node _node;
    private readonly Random _random;
    private readonly IoLog _log = new();
    private readonly Scenario _scenario;
    private readonly KcopydClient _client;
    private readonly Inbox _inbox;
    private readonly JobOutcome[] _jobs;
    private readonly List<TokenOutcome> _tokens = [];
    private readonly PriorityQueue<Action, (int Step, int Order)> _script = new();
    private readonly List<string> _complaints;
    private ClientStatus? _status;
    private Task? _destroyed;
    private bool _isStopped;
    private bool _isInCallback;
    private bool _isInCall;

    public SimulationRun(int seed)
    {
        _seed = seed;
        _complaints = _log.Complaints;
        _world = new World(seed, new SimulationOptions { LogLevel = "OFF", RecordedMessages = 0 });
        _random = _world.Random;
        _node = _world.AddNode("simulation", Quiet);
        _world.RunUntilIdle();
        _scenario = new Scenario(seed, _node.System.Kcopyd().Settings, _world, _log);
        _client = _node.System.Kcopyd().CreateClient("client", _scenario.Settings);
        _world.RunUntilIdle();
        _inbox = new Inbox(((ExtendedActorSystem)_node.System).Provider, OnMessage);
        _jobs = [.. _scenario.Jobs.Select(plan => new JobOutcome(plan))];
        WriteScript();
    }

    /// <summary>What its devices were asked.</summary>
    public IReadOnlyList<IoEntry> Ios => _log.Entries;

    /// <summary>What was not read and written, of the jobs that told it.</summary>
    public OffloadedBytes Offloaded => _jobs.Aggregate(default(OffloadedBytes), (sum, job) => sum.Add(job.Result?.Offloaded ?? default));

    /// <summary>The whole history in one number.</summary>
    public ulong Trace => _world.Hash;

    /// <summary>Plays the seed.</summary>
    /// <exception cref="SimulationFailedException">The engine broke a promise.</exception>
    public SimulationRun Play()
    {
        while (_complaints.Count == 0 && Step()) { }
        Calm();
        for (var i = 0; i < 1000 && _complaints.Count == 0 && IsOutstanding; i++)
            Elapse(TimeSpan.FromMilliseconds(100));
        if (_complaints.Count == 0)
            End();
        if (_complaints.Count == 0)
            new Model(_scenario, _log, _isStopped).Judge(_jobs);
        return _complaints.Count == 0 ? this : throw new SimulationFailedException(Explanation());
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets one thing happen.</summary>
    /// <returns>False if nothing can, and the script is at its end.</returns>
    private bool Step()
    {
        if (_script.TryPeek(out _, out var next) && (next.Step <= _world.Steps || _world.IsIdle))
            Call(_script.Dequeue());
        else if (_random.Next(50) == 0)
            _world.Elapse(TimeSpan.FromMilliseconds(_random.Next(1, 30)));
        else if (!_world.RunOne())
            return false;
        if (_destroyed is { IsCompleted: true } && IsOutstanding)
            _complaints.Add("the client said that it was destroyed while something was outstanding");
        return true;
    }

    private void Elapse(TimeSpan time)
    {
        _world.Elapse(time);
        while (_complaints.Count == 0 && Step()) { }
    }

    private void Call(Action act)
    {
        _isInCall = true;
        act();
        _isInCall = false;
    }

    private void Calm() => Call(() =>
    {
        foreach (var device in _scenario.Devices)
            device.Release();
        // A limit that lets everything through in time stays: what it holds back must go on by the clock alone.
        _client.Throttle.Set(100, _client.Throttle.BytesPerSecond is > 0 and var limit ? Math.Max(limit, 100_000) : 0);
        foreach (var job in _jobs)
            job.Handle?.Resume();
        foreach (var token in _tokens.Where(token => !token.IsFired))
            Fire(token);
    });

    private void End()
    {
        if (_destroyed is null)
        {
            for (var i = 0; i < 20; i++)
                Elapse(TimeSpan.FromSeconds(1));
            _status = null;
            Call(() => _client.Actor.Tell(KcopydProtocol.GetStatus.Instance, _inbox));
            _world.RunUntilIdle();
            if (_status is null)
                _complaints.Add("the client has died");
            else if (_status is not { Jobs: 0, SubJobsInFlight: 0, OutstandingCallbacks: 0, PageBytesInUse: 0, Crews: 0 }
                || _status.PageBytesHeld != _scenario.Settings.SubJobSize)
                _complaints.Add($"idle, and yet: {_status}, "
                    + $"{_status?.PageBytesInUse} of {_status?.PageBytesHeld} bytes of pages in use, {_status?.Crews} crews");
            Call(() => _destroyed = _client.DestroyAsync());
            _world.RunUntilIdle();
        }
        if (!_destroyed!.IsCompleted)
            _complaints.Add("the client does not stop");
        foreach (var job in _jobs.Where(job => job.Handle is not null && job.Notified != 1))
            _complaints.Add($"notified {job.Notified} times: {job.Plan}");
        foreach (var token in _tokens.Where(token => token.Token is not null && token.Notified != (token.IsAbandoned ? 0 : 1)))
            _complaints.Add($"token {token.Token!.Id} notified {token.Notified} times");
        foreach (var token in _tokens.Where(token => token is { IsFired: true, Notified: 1 } && token.Told != (ulong)token.Token!.Id && !_isStopped))
            _complaints.Add($"token {token.Token!.Id} was told {token.Told}");
    }

    private bool IsOutstanding
    {
        get
        {
            foreach (var job in _jobs)
            {
                if (job.Task is { IsCompleted: true } && job.Notified == 0)
                    Awaited(job);
            }
            return Array.Exists(_jobs, static job => job.IsOutstanding) || _tokens.Exists(static token => token.IsOutstanding);
        }
    }

    private string Explanation() => string.Create(CultureInfo.InvariantCulture, $"""
        Seed {_seed}: {string.Join("\n  and ", _complaints.Take(10))}
        Replay: KCOPYD_SEED={_seed} dotnet test tests/Kcopyd.Actors.Tests --filter Simulation_should
        {(Environment.GetEnvironmentVariable("KCOPYD_SEED") is null ? "" : string.Join('\n', Story()))}
        """);

    private List<string> Story() =>
    [
        $"{_scenario.Settings}, healthy: {_scenario.IsHealthy}, kills: {_scenario.Kills}, "
            + $"stopped from outside: {_isStopped}, destroyed early: {_scenario.DestroysEarly}",
        .. _jobs.Select(job => $"{job.Plan}: id {job.Handle?.Id}, told {job.Notified} times at {job.NotifiedAt}, cancelled: {job.IsCancelRequested}, "
            + $"read_err={job.ReadError} write_err=0x{job.WriteErrors:x} "
            + $"{string.Join("; ", job.Result?.Destinations.Select(d => $"{d.Bytes} {d.Fault?.Message}") ?? [])}"),
        .. _log.Entries.Select(entry => entry.ToString()),
    ];
}
