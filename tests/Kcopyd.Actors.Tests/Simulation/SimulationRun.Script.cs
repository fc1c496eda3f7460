using Akka.Actor;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>What the callers of the client do, and when.</summary>
internal sealed partial class SimulationRun
{
    private void WriteScript()
    {
        var horizon = _random.Next(30, 1500);
        void At(int step, Action act) => _script.Enqueue(act, (step, _script.Count));
        void Sometime(Action act) => At(_random.Next(horizon), act);
        bool Chance(int oneIn) => _random.Next(oneIn) == 0;

        foreach (var job in _jobs)
        {
            At(Chance(2) ? 0 : _random.Next(horizon / 2), () => Submit(job));
            if (Chance(5))
                Sometime(() => Cancel(job));
            if (Chance(5))
            {
                var step = _random.Next(horizon);
                At(step, () => job.Handle?.Pause());
                At(step + _random.Next(horizon), () => job.Handle?.Resume());
            }
            for (var i = 0; i < 4; i++)
                Sometime(() => AskForProgress(job));
            if (Chance(8))
                Sometime(() => job.Handle?.SubscribeProgress(_inbox, TimeSpan.Zero));
        }
        for (var i = _random.Next(5); i > 0; i--)
        {
            var token = new TokenOutcome();
            _tokens.Add(token);
            At(_random.Next(horizon / 2), () => Prepare(token));
            if (!Chance(4))
                Sometime(() => Fire(token));
            if (Chance(4))
                Sometime(() => Abandon(token));
            if (Chance(3))
                Sometime(() => Fire(token));
        }
        for (var i = _random.Next(4); i > 0; i--)
            Sometime(() => _client.Throttle.Set(Chance(2) ? 100 : _random.Next(1, 101), Chance(2) ? 0 : _random.Next(10_000, 10_000_000)));
        for (var i = _random.Next(4); i > 0; i--)
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
        var worker = workers[_random.Next(workers.Length)];
        switch (_random.Next(3))
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
        if (_random.Next(2) == 0)
            _client.Actor.Tell(Kill.Instance);
        else
            ((IInternalActorRef)_client.Actor).Stop();
    }
}
