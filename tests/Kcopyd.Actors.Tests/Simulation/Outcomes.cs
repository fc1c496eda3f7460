using Akka.Actor;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>What became of a planned job.</summary>
internal sealed class JobOutcome(JobPlan plan)
{
    public JobPlan Plan => plan;

    public KcopydJob? Handle { get; set; }

    /// <summary>The client was closed by then.</summary>
    public bool IsRefused { get; set; }

    public bool IsCancelRequested { get; set; }

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>For the awaitable form, which has no callback.</summary>
    public Task<CopyResult>? Task { get; set; }

    public int Notified { get; private set; }

    public long NotifiedAt { get; private set; } = long.MaxValue;

    public bool ReadError { get; private set; }

    public ulong WriteErrors { get; private set; }

    /// <summary>The detail; null if only the bits were told.</summary>
    public CopyResult? Result { get; private set; }

    /// <summary>The step at which the client first said that it starts no further sub-job of it.</summary>
    public long StoppingAt { get; set; } = long.MaxValue;

    public bool IsOutstanding => Handle is not null && Notified == 0;

    public void Tell(long step, bool readError, ulong writeErrors, CopyResult? result)
    {
        Notified++;
        NotifiedAt = step;
        (ReadError, WriteErrors, Result) = (readError, writeErrors, result);
    }
}

/// <summary>What became of a reply token.</summary>
internal sealed class TokenOutcome
{
    public PreparedCallback? Token { get; set; }

    public bool IsFired { get; set; }

    public bool IsAbandoned { get; set; }

    public int Notified { get; set; }

    public ulong Told { get; set; }

    public bool IsOutstanding => Token is not null && !IsAbandoned && Notified == 0;
}

/// <summary>An actor reference that is only a delegate, called where it is told.</summary>
internal sealed class Inbox(IActorRefProvider provider, Action<object> told) : MinimalActorRef
{
    public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "inbox";

    public override IActorRefProvider Provider => provider;

    protected override void TellInternal(object message, IActorRef sender) => told(message);
}
