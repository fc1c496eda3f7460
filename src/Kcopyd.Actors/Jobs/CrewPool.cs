using System.Globalization;
using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Provides crews on demand. They are recycled last in, first out, so that the crew with warm stacks and pages is used next; or, if configured, spawned for
/// each sub-job and stopped after it. Used by the client actor only.
/// </summary>
internal sealed class CrewPool(IActorContext context, KcopydSettings settings)
{
    private readonly Stack<Crew> _idle = new();
    private readonly Props _reader = LocalProps.Of(static () => new ReaderActor(), settings.WorkerDispatcher);
    private readonly Props _writer = LocalProps.Of(static () => new WriterActor(), settings.WorkerDispatcher);
    private long _hired;

    /// <summary>Crews with members that have not terminated.</summary>
    public int Count { get; private set; }

    public Crew Hire(int writers)
    {
        Crew? crew;
        do
        {
            if (!_idle.TryPop(out crew))
                crew = Spawn();
        }
        while (crew.IsBroken);
        while (crew.Writers.Length < writers)
            crew.Add(Watched(context.ActorOf(_writer, $"{crew.Reader.Path.Name}-writer-{crew.Writers.Length}"), crew));
        return crew;
    }

    public void Return(Crew crew)
    {
        crew.Current = null;
        if (crew.IsBroken || !settings.RecycleCrews)
            Dismiss(crew);
        else
            _idle.Push(crew);
    }

    /// <summary>Stops every member. The client receives the termination of each and counts down <see cref="Crew.Alive"/>.</summary>
    public void Dismiss(Crew crew)
    {
        if (crew.IsDismissed)
            return;
        crew.IsBroken = crew.IsDismissed = true;
        context.Stop(crew.Reader);
        foreach (var writer in crew.Writers)
            context.Stop(writer);
    }

    /// <summary>Accounts for a dead member.</summary>
    /// <returns>True if it was the last one.</returns>
    public bool MemberDied(Crew crew)
    {
        crew.IsBroken = true;
        if (--crew.Alive > 0)
            return false;
        Count--;
        return true;
    }

    /// <summary>Stops the idle crews.</summary>
    public void Trim()
    {
        while (_idle.TryPop(out var crew))
            Dismiss(crew);
    }

    private Crew Spawn()
    {
        var reader = context.ActorOf(_reader, "crew-" + _hired++.ToString(CultureInfo.InvariantCulture));
        var crew = new Crew(reader);
        Watched(reader, crew);
        Count++;
        return crew;
    }

    private IActorRef Watched(IActorRef member, Crew crew)
    {
        context.WatchWith(member, new MemberDied(crew, member));
        return member;
    }
}

/// <summary>A reader or writer has terminated; all of its reports have arrived before this message.</summary>
internal sealed record MemberDied(Crew Crew, IActorRef Member) : INoSerializationVerificationNeeded;
