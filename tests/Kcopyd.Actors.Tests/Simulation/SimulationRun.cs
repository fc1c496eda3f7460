using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// One seed: a scenario played on a client that runs on a <see cref="SeededPump"/>. First everything goes wrong that the scenario holds; then
/// the world turns calm (nothing hangs, nothing is paused or unfired, no throttle is all but shut), and what was admitted has to come to its end.
/// </summary>
internal sealed class SimulationRun : IDisposable
{
    private readonly int _seed;
    private readonly VirtualSystem _virtual;
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
        _virtual = new VirtualSystem(seed);
        _scenario = new Scenario(seed, _virtual.System.Kcopyd().Settings, Pump, _log);
        _client = _virtual.System.CreateKcopydClient("client", _scenario.Settings);
        _virtual.Start(_client.Actor);
        _inbox = new Inbox(((ExtendedActorSystem)_virtual.System).Provider, OnMessage);
        _jobs = [.. _scenario.Jobs.Select(plan => new JobOutcome(plan))];
        WriteScript();
    }

    private SeededPump Pump => _virtual.Pump;

    private Random Random => _virtual.Pump.Random;

    /// <summary>The whole history in one number.</summary>
    public ulong Trace => Pump.Trace;

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
        return _complaints.Count == 0 ? this : throw new SimulationFailedException(_seed, _complaints, Story());
    }

    public void Dispose() => _virtual.Dispose();

    // ---- the script ---------------------------------------------------------------------------------------------------

    private void WriteScript()
    {
        var horizon = Random.Next(30, 1500);
        void At(int step, Action act) => _script.Enqueue(act, (step, _script.Count));
        void Sometime(Action act) => At(Random.Next(horizon), act);
        bool Chance(int oneIn) => Random.Next(oneIn) == 0;

        foreach (var job in _jobs)
        {
            At(Chance(2) ? 0 : Random.Next(horizon / 2), () => Submit(job));
            if (Chance(5))
                Sometime(() => Cancel(job));
            if (Chance(5))
            {
                var step = Random.Next(horizon);
                At(step, () => job.Handle?.Pause());
                At(step + Random.Next(horizon), () => job.Handle?.Resume());
            }
            for (var i = 0; i < 4; i++)
                Sometime(() => AskForProgress(job));
            if (Chance(8))
                Sometime(() => job.Handle?.SubscribeProgress(_inbox, TimeSpan.Zero));
        }
        for (var i = Random.Next(5); i > 0; i--)
        {
            var token = new TokenOutcome();
            _tokens.Add(token);
            At(Random.Next(horizon / 2), () => Prepare(token));
            if (!Chance(4))
                Sometime(() => Fire(token));
            if (Chance(4))
                Sometime(() => Abandon(token));
            if (Chance(3))
                Sometime(() => Fire(token));
        }
        for (var i = Random.Next(4); i > 0; i--)
            Sometime(() => _client.Throttle.Set(Chance(2) ? 100 : Random.Next(1, 101), Chance(2) ? 0 : Random.Next(10_000, 10_000_000)));
        for (var i = Random.Next(4); i > 0; i--)
            Sometime(() => _client.Actor.Tell(KcopydProtocol.GetStatus.Instance, _inbox));
        for (var i = 0; i < _scenario.Kills; i++)
            Sometime(KillAWorker);
        foreach (var device in _scenario.Devices)
            Sometime(device.Release);
        if (_scenario.DestroysEarly)
            Sometime(() => _destroyed ??= _client.DestroyAsync());
        if (_scenario.StopsFromOutside)
            Sometime(StopTheClient);
    }

    private void Submit(JobOutcome job)
    {
        if (job.Handle is not null || job.IsRefused)
            return;
        var plan = job.Plan;
        try
        {
            job.Handle = plan.Told switch
            {
                Told.ByBits => plan.From is { } from
                    ? _client.Copy(from, plan.To, plan.Flags, ByBits, job)
                    : _client.Zero(plan.To, plan.Flags, ByBits, job),
                Told.ByResult => plan.From is { } from
                    ? _client.Copy(from, plan.To, plan.Flags, ByResult, job)
                    : _client.Zero(plan.To, plan.Flags, ByResult, job),
                Told.ByMessage => plan.From is { } from
                    ? _client.Copy(from, plan.To, plan.Flags, _inbox, job)
                    : _client.Zero(plan.To, plan.Flags, _inbox, job),
                _ => Await(job),
            };
        }
        catch (KcopydClientClosedException) when (_client.IsClosed)
        {
            job.IsRefused = true;
        }
    }

    private KcopydJob Await(JobOutcome job)
    {
        var plan = job.Plan;
        KcopydJob handle;
        job.Task = plan.From is { } from
            ? _client.CopyAsync(from, plan.To, plan.Flags, out handle, job.Cancellation.Token)
            : _client.ZeroAsync(plan.To, plan.Flags, out handle, job.Cancellation.Token);
        return handle;
    }

    private static void Cancel(JobOutcome job)
    {
        if (job.Handle is null)
            return;
        job.IsCancelRequested = true;
        if (job.Task is null)
            job.Handle?.Cancel();
        else
            job.Cancellation.Cancel();
    }

    private void AskForProgress(JobOutcome job)
    {
        if (job.Handle is { } handle)
            _client.Actor.Tell(new KcopydProtocol.GetProgress(handle.Id), _inbox);
    }

    private void Prepare(TokenOutcome token)
    {
        if (!_client.IsClosed)
            token.Token = _client.PrepareCallback(ByToken, token);
    }

    private void Fire(TokenOutcome token)
    {
        if (token.Token is null || _isStopped)
            return;
        var isSpent = token.IsFired || token.IsAbandoned;
        try
        {
            token.IsFired |= !token.IsAbandoned;
            token.Token.Submit(writeErrors: (ulong)token.Token.Id);
            if (isSpent)
                _complaints.Add($"token {token.Token.Id} was fired twice without an exception");
        }
        catch (InvalidOperationException) when (isSpent)
        {
        }
    }

    private void Abandon(TokenOutcome token)
    {
        if (token.Token is null || _isStopped)
            return;
        var isAbandoned = token.Token.Abandon();
        if (isAbandoned == (token.IsFired || token.IsAbandoned))
            _complaints.Add($"token {token.Token.Id} was abandoned: {isAbandoned}");
        token.IsAbandoned |= isAbandoned;
    }

    private void KillAWorker()
    {
        var workers = ((ActorRefWithCell)_client.Actor).Children.ToArray();
        if (workers.Length == 0)
            return;
        var worker = workers[Random.Next(workers.Length)];
        switch (Random.Next(3))
        {
            case 0:
                worker.Tell(Kill.Instance);
                break;
            case 1:
                worker.Tell(PoisonPill.Instance);
                break;
            default:
                ((IInternalActorRef)worker).Stop();
                break;
        }
    }

    private void StopTheClient()
    {
        _isStopped = true;
        _destroyed = _client.DestroyAsync();
        if (Random.Next(2) == 0)
            _client.Actor.Tell(Kill.Instance);
        else
            ((IInternalActorRef)_client.Actor).Stop();
    }

    // ---- time ---------------------------------------------------------------------------------------------------------

    /// <summary>Lets one thing happen.</summary>
    /// <returns>False if nothing can, and the script is at its end.</returns>
    private bool Step()
    {
        if (_script.TryPeek(out _, out var next) && (next.Step <= Pump.Steps || Pump.IsIdle))
            Call(_script.Dequeue());
        else if (Random.Next(50) == 0)
            _virtual.Advance(TimeSpan.FromMilliseconds(Random.Next(1, 30)));
        else if (!Pump.RunOne())
            return false;
        if (_destroyed is { IsCompleted: true } && IsOutstanding)
            _complaints.Add("the client said that it was destroyed while something was outstanding");
        return true;
    }

    private void Elapse(TimeSpan time)
    {
        _virtual.Advance(time);
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
            Pump.RunUntilIdle();
            if (_status is null)
                _complaints.Add("the client has died");
            else if (_status is not { Jobs: 0, SubJobsInFlight: 0, OutstandingCallbacks: 0, PageBytesInUse: 0, Crews: 0 } || _status.PageBytesHeld != _scenario.Settings.SubJobSize)
                _complaints.Add($"idle, and yet: {_status}, {_status?.PageBytesInUse} of {_status?.PageBytesHeld} bytes of pages in use, {_status?.Crews} crews");
            Call(() => _destroyed = _client.DestroyAsync());
            Pump.RunUntilIdle();
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

    // ---- what the client tells ----------------------------------------------------------------------------------------

    private void ByBits(bool readError, ulong writeErrors, object? context) =>
        Callback(() => ((JobOutcome)context!).Tell(Pump.Steps, readError, writeErrors, null));

    private void ByResult(CopyResult result) =>
        Callback(() => ((JobOutcome)result.Context!).Tell(Pump.Steps, result.ReadError, result.WriteErrors, result));

    private void ByToken(bool readError, ulong writeErrors, object? context) => Callback(() =>
    {
        var token = (TokenOutcome)context!;
        token.Notified++;
        token.Told = writeErrors;
    });

    private void Awaited(JobOutcome job)
    {
        var result = job.Task!.Exception?.InnerException is CopyCancelledException cancelled ? cancelled.Result : job.Task.Result;
        job.Tell(Pump.Steps, result.ReadError, result.WriteErrors, result);
    }

    private void OnMessage(object message)
    {
        switch (message)
        {
            case CopyResult result:
                ByResult(result);
                break;
            case JobProgress { State: JobState.Stopping } progress:
                var job = Array.Find(_jobs, job => job.Handle?.Id == progress.JobId)!;
                job.StoppingAt = Math.Min(job.StoppingAt, Pump.Steps);
                break;
            case ClientStatus status:
                _status = status;
                if (status.PageBytesInUse > status.PageBytesBound && _scenario.IsHealthy)
                    _complaints.Add($"more pages than the bound: {status.PageBytesInUse} of {status.PageBytesBound}");
                break;
        }
    }

    private void Callback(Action tell)
    {
        if (_isInCallback || _isInCall)
            _complaints.Add($"a callback runs {(_isInCall ? "on its caller's stack" : "within another")}");
        _isInCallback = true;
        Pump.Note(Pump.Steps);
        tell();
        if (!_isStopped && Random.Next(4) == 0)
            CallBack();
        if (Random.Next(20) == 0)
        {
            _isInCallback = false;
            throw new InvalidOperationException("A callback that throws, to see that the client lives on.");
        }
        _isInCallback = false;
    }

    // From inside a callback everything is allowed that is allowed elsewhere.
    private void CallBack()
    {
        if (_tokens.Count > 0 && Random.Next(2) == 0)
            Fire(_tokens[Random.Next(_tokens.Count)]);
        var job = _jobs[Random.Next(_jobs.Length)];
        if (Random.Next(2) == 0)
            Submit(job);
        else if (Random.Next(4) == 0)
            Cancel(job);
    }

    private List<string> Story() =>
    [
        $"{_scenario.Settings}, healthy: {_scenario.IsHealthy}, kills: {_scenario.Kills}, stopped from outside: {_isStopped}, destroyed early: {_scenario.DestroysEarly}",
        .. _jobs.Select(job => $"{job.Plan}: id {job.Handle?.Id}, told {job.Notified} times at {job.NotifiedAt}, cancelled: {job.IsCancelRequested}, "
            + $"read_err={job.ReadError} write_err=0x{job.WriteErrors:x} {string.Join("; ", job.Result?.Destinations.Select(d => $"{d.Bytes} {d.Fault?.Message}") ?? [])}"),
        .. _log.Entries.Select(entry => entry.ToString()),
    ];
}
