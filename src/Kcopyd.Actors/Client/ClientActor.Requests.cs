using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Client;

/// <content>The actor protocol: requests from callers that have only the actor reference.</content>
internal sealed partial class ClientActor
{
    private void OnRequest(object request)
    {
        switch (request)
        {
            case KcopydProtocol.Copy copy:
                OnJob(copy, copy, copy.To, copy.Flags, copy.ContextType);
                break;
            case KcopydProtocol.Zero zero:
                OnJob(zero, null, zero.To, zero.Flags, zero.ContextType);
                break;
            case KcopydProtocol.GetResult(var id):
                OnGetResult(id);
                break;
            case KcopydProtocol.CancelJob(var id):
                OnJob(id, job => _runner.Cancel(job));
                break;
            case KcopydProtocol.SetDeadline(_, var time) when time <= TimeSpan.Zero:
                Reply(new KcopydProtocol.Refused($"A deadline of {time} has already passed; specify a time greater than zero."));
                break;
            case KcopydProtocol.SetDeadline(var id, var time):
                OnJob(id, job => AbandonAfter(job, time, IoError.TimedOut));
                break;
            case KcopydProtocol.PauseJob(var id):
                OnJob(id, job => JobRunner.Pause(job));
                break;
            case KcopydProtocol.ResumeJob(var id):
                OnJob(id, job => _runner.Resume(job));
                break;
            case KcopydProtocol.SubscribeProgress subscribe:
                if (subscribe.Subscriber is null)
                    Reply(new KcopydProtocol.Refused("The subscription has no subscriber; specify the actor that receives the reports."));
                else
                    OnJob(subscribe.JobId, job => _progress.Add(job, subscribe.Interval, subscribe.Subscriber, subscribe.Subscriber));
                break;
            case KcopydProtocol.UnsubscribeProgress(var id, var subscriber):
                OnJob(id, job => _progress.Remove(job.Id, subscriber));
                break;
            case KcopydProtocol.GetProgress(var id):
                Reply(_jobs.TryGetValue(id, out var found) ? JobReport.Of(found) : new KcopydProtocol.JobNotFound(id));
                break;
            case KcopydProtocol.GetStatus:
                Reply(Status());
                break;
            case KcopydProtocol.SetThrottle(var percent, var bytesPerSecond):
                Reply(SetThrottle(percent, bytesPerSecond));
                break;
            case KcopydProtocol.Destroy when _core.IsShared:
                Reply(new KcopydProtocol.Refused($"Client '{_core.Name}' is one of the system's own: it is shared and is destroyed when the system shuts down. "
                    + "Destroy only clients that you create."));
                break;
            case KcopydProtocol.Destroy or CloseClient:
                _core.Gate.Close();
                if (!Sender.IsNobody())
                    _destroyers.Add(Sender);
                if (!_core.Gate.IsIdle)
                    Log.Debug("Closing: {0}", Status());
                break;
            default:
                Unhandled(request);
                break;
        }
    }

    // A message from another node may contain anything: a missing part is refused like an invalid argument.
    private void OnJob(
        KcopydProtocol.IJobRequest request, KcopydProtocol.Copy? copy, IReadOnlyList<KcopydProtocol.DeviceRegion?>? to, CopyFlags flags, string? contextType)
    {
        var (sender, context) = (Sender, request.Context);
        if (request.RequestId is { } known && _requests.TryGet(known, out var again))
        {
            OnRequestAgain(request, again);
            return;
        }
        try
        {
            WireContext.RequireIntact(context, contextType);
            var source = copy is null ? default : Resolve(copy.From, "from");
            var destinations = new IoRegion[to?.Count ?? 0];
            for (var i = 0; i < destinations.Length; i++)
                destinations[i] = Resolve(to![i], $"to[{i}]");
            var waiting = request.RequestId is null ? null : new Request(request.RequestId) { Completed = _requests.Done };
            var notification = new Notification((object?)waiting ?? sender, context);
            var job = _core.Admit(copy is null
                ? JobSpec.Zero(destinations, flags, _core.Settings.MaxDestinations, notification)
                : JobSpec.Copy(source, destinations, flags, _core.Settings.MaxDestinations, notification), out var id);
            if (waiting is not null)
                _requests.Add(waiting, id, sender);
            if (request.Acknowledge)
                sender.Tell(new KcopydProtocol.JobAccepted(id, context), Self);
            Start(job);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            Refuse(request, (exception as ArgumentException)?.ParamName, exception.Message, to?.Count ?? 0);
        }
    }

    private void OnRequestAgain(KcopydProtocol.IJobRequest request, Request again)
    {
        if (request.Acknowledge)
            Sender.Tell(new KcopydProtocol.JobAccepted(again.JobId, request.Context), Self);
        if (again.Result is { } result)
            Notification.Tell(Sender, result);
        else if (!again.Requesters.Contains(Sender))
            again.Requesters.Add(Sender);
    }

    private void OnGetResult(string? id)
    {
        if (id is null || !_requests.TryGet(id, out var request))
            Reply(new KcopydProtocol.RequestNotFound(id ?? ""));
        else if (request.Result is { } result)
            Notification.Tell(Sender, result);
        else
            Reply(_jobs.TryGetValue(request.JobId, out var job) ? JobReport.Of(job) : new KcopydProtocol.RequestNotFound(id));
    }

    private void Refuse(KcopydProtocol.IJobRequest request, string? argument, string reason, int destinations)
    {
        if (request.Acknowledge)
        {
            Sender.Tell(new KcopydProtocol.JobRefused(argument, reason, request.Context), Self);
            return;
        }
        Sender.Tell(new CopyResult
        {
            Refusal = reason,
            Context = request.Context,
            ReadError = request is KcopydProtocol.Copy,
            WriteErrors = destinations >= 64 ? ulong.MaxValue : (1UL << destinations) - 1,
        }, Self);
    }

    private IoRegion Resolve(KcopydProtocol.DeviceRegion? region, string name)
    {
        if (region?.Device is null)
            throw new ArgumentException("The region names no device.", name);
        return _devices.TryGet(region.Device, out var device)
            ? new IoRegion(device, region.Sector, region.Count)
            : throw new ArgumentException($"No device is named '{region.Device}' on this node; register it in system.Kcopyd().Devices.", name);
    }

    private void OnJob(long id, Action<Job> act)
    {
        if (!_jobs.TryGetValue(id, out var job))
        {
            Reply(new KcopydProtocol.JobNotFound(id));
            return;
        }
        Reply(KcopydProtocol.Done.Instance);    // before acting, which may notify
        act(job);
    }

    private object SetThrottle(int percent, long bytesPerSecond)
    {
        try
        {
            _core.Throttle.Set(percent, bytesPerSecond);
            return KcopydProtocol.Done.Instance;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            return new KcopydProtocol.Refused(exception.Message);
        }
    }

    private void Reply(object answer)
    {
        if (!Sender.IsNobody())
            Sender.Tell(answer, Self);
    }

    private ClientStatus Status() => new(
        _core.Name,
        _core.Gate.IsClosed,
        _core.Gate.Jobs,
        [.. _jobs.Values.Where(static job => job.IsStarted).Select(static job => job.Id).Take(100)],
        _runner.InFlight,
        _core.Gate.Callbacks,
        [.. _core.Callbacks.Take(100).Select(static callback => new OutstandingCallback(callback.Id, callback.Context?.ToString()))],
        _pages.BytesInUse,
        _pages.BytesHeld,
        _pages.Bound,
        _crews.Count)
    {
        OldestIo = _runner.FindOldestIo(),
    };
}
