using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Changes of the legs, made while nothing is in flight. Used by the mirror's actor only.</summary>
/// <remarks>Invariant: the log has on stable storage that a leg is stale before the leg takes another one's place; and that all regions are to be copied before
/// a leg without content is used.</remarks>
internal sealed class MirrorChanges(MirrorCore mirror, MirrorLegs legs, MirrorRegions regions, MirrorRecovery recovery, MirrorLogWriter log, MirrorNews news)
{
    private readonly QuietWork _quiet = new();

    /// <summary>True while a change waits until nothing is in flight.</summary>
    public bool IsWaiting => _quiet.IsWaiting;

    public bool IsRunning => _quiet.IsRunning;

    /// <summary>True if requests and copies may begin.</summary>
    public bool IsIdle => _quiet.IsIdle;

    public void RunNext() => _quiet.RunNext();

    public void Add(Action change) => _quiet.Add(change);

    public void Begin() => _quiet.Begin();

    public void Add(SetLeg command) => Add(command.Answer, () =>
    {
        Require(command.Index <= legs.Count, command.Index);
        Require(command.Index < MirrorLabel.MaxLegs, command.Index, $"a mirror has at most {MirrorLabel.MaxLegs} legs");
        var isNew = command.Index == legs.Count;
        Require(isNew || legs.CanMiss(command.Index), command.Index, "it is the only leg with the mirror's content");
        regions.DirtyAll();
        Record(command.Answer, () =>
        {
            var old = isNew ? null : legs[command.Index];
            regions.InSync.Clear();
            legs.Put(command.Index, new MirrorLeg(command.Device, command.Key, MirrorLegState.Rebuilding));
            Record(command.Answer, () => Changed(command.Answer, $"leg {command.Index} is now {command.Device.Name}", old?.Device), () =>
            {
                if (isNew)
                    legs.RemoveAt(command.Index);
                else
                    legs.Put(command.Index, new MirrorLeg(old!.Device, old.Key, MirrorLegState.Failed));
            });
        });
    });

    public void Add(ReturnLeg command) => Add(command.Answer, () =>
    {
        Require(command.Index < legs.Count, command.Index);
        var old = legs[command.Index];
        Require(old.State == MirrorLegState.Failed, command.Index, "it has not failed");
        Require((command.Device ?? old.Device) is not null, command.Index, "it is missing: pass its device");
        var key = command.Device is null ? old.Key : command.Key;
        Require(key == 0 || old.Key == 0 || key == old.Key, command.Index, "it is another device: replace the leg instead");
        regions.DifferWhereMarked();
        legs.Put(command.Index, new MirrorLeg(command.Device ?? old.Device, key, MirrorLegState.Rebuilding));
        Record(command.Answer, () => Changed(command.Answer, $"leg {command.Index} is used again", command.Device is null ? null : old.Device),
            () => legs.Put(command.Index, old));
    });

    public void Add(FailLeg command) => Add(command.Answer, () =>
    {
        Require(command.Index < legs.Count, command.Index);
        Require(legs.CanMiss(command.Index), command.Index, "it is the only leg with the mirror's content");
        if (!legs.TryFail(command.Index, MirrorLegHealth.Write))
        {
            command.Answer.SetResult(Done.Instance);
            return;
        }
        Record(command.Answer, () => Changed(command.Answer, $"leg {command.Index} is no longer used", Done.Instance));
    });

    public void Add(RemoveLeg command) => Add(command.Answer, () =>
    {
        Require(command.Index < legs.Count, command.Index);
        Require(legs.CanMiss(command.Index), command.Index, "it is the only leg with the mirror's content");
        var old = legs[command.Index];
        legs.RemoveAt(command.Index);
        Record(command.Answer, () => Changed(command.Answer, $"leg {command.Index} was removed", old.Device), () => legs.Insert(command.Index, old));
    });

    private static void Require(bool holds, int index, string reason = "there is no such leg; legs are counted from 0")
    {
        if (!holds)
            throw new InvalidOperationException($"Leg {index}: {reason}.");
    }

    private void Add<T>(Completion<T> answer, Action change) => _quiet.Add(() =>
    {
        try
        {
            change();
        }
        catch (InvalidOperationException refusal)
        {
            answer.SetException(refusal);
        }
    });

    private void Record<T>(Completion<T> answer, Action recorded, Action? undo = null)
    {
        _quiet.Begin();
        log.Record(flush: true, error =>
        {
            _quiet.End();
            if (error == IoError.None)
            {
                recorded();
                return;
            }
            undo?.Invoke();
            answer.SetException(new InvalidOperationException(
                $"The log of mirror '{mirror.Name}' cannot be written: {error.Describe()}. Nothing was changed."));
        });
    }

    private void Changed<T>(Completion<T> answer, string what, T result)
    {
        (mirror.Devices, mirror.AllDevices) = (legs.DevicesInUse, legs.AllDevices);
        recovery.LegsChanged();
        news.Changed(what);
        answer.SetResult(result);
    }
}
