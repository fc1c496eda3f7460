using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Client;

/// <content>The actor protocol: requests from those who have only the reference.</content>
internal sealed partial class ClientActor
{
    private void OnRequest(KcopydProtocol.IKcopydRequest request)
    {
        switch (request)
        {
            case KcopydProtocol.Copy copy:
                OnCopy(copy, copy.To, copy.Flags, copy.Context);
                break;
            case KcopydProtocol.Zero zero:
                OnCopy(null, zero.To, zero.Flags, zero.Context);
                break;
            case KcopydProtocol.CancelJob(var id):
                OnJob(id, job => _runner.Cancel(job));
                break;
            case KcopydProtocol.PauseJob(var id):
                OnJob(id, job => _runner.Pause(job));
                break;
            case KcopydProtocol.ResumeJob(var id):
                OnJob(id, job => _runner.Resume(job));
                break;
            case KcopydProtocol.SubscribeProgress subscribe:
                if (subscribe.Subscriber is null)
                    Reply(new KcopydProtocol.Refused("The subscription has no subscriber; name the actor to be told."));
                else
                    OnJob(subscribe.JobId, job => _progress.Add(job, subscribe.Interval, subscribe.Subscriber));
                break;
            case KcopydProtocol.GetProgress(var id):
                Reply(_jobs.TryGetValue(id, out var found) ? JobSnapshot.Of(found) : new KcopydProtocol.JobNotFound(id));
                break;
            case KcopydProtocol.GetStatus:
                Reply(Status());
                break;
            case KcopydProtocol.SetThrottle(var percent, var bytesPerSecond):
                Reply(SetThrottle(percent, bytesPerSecond));
                break;
            case KcopydProtocol.Destroy:
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

    // What came over a wire may be anything: a hole in it is refused like a wrong argument.
    private void OnCopy(KcopydProtocol.Copy? copy, IReadOnlyList<KcopydProtocol.DeviceRegion?>? to, CopyFlags flags, object? context)
    {
        var sender = Sender;
        try
        {
            var source = copy is null ? default : Resolve(copy.From, "from");
            var destinations = new IoRegion[to?.Count ?? 0];
            for (var i = 0; i < destinations.Length; i++)
                destinations[i] = Resolve(to![i], $"to[{i}]");
            var length = copy is null
                ? RegionChecks.Zero(destinations, flags, _core.Settings.MaxDestinations)
                : RegionChecks.Copy(source, destinations, flags, _core.Settings.MaxDestinations);
            var job = _core.Admit(source.Device, source.Offset, length, destinations, flags, new Notification(sender, context), out var id);
            sender.Tell(new KcopydProtocol.JobAccepted(id, context), Self);
            Start(job);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            sender.Tell(new KcopydProtocol.JobRefused((exception as ArgumentException)?.ParamName, exception.Message, context), Self);
        }
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
        Reply(KcopydProtocol.Done.Instance);    // before acting: it may notify
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
        _crews.Count);
}
