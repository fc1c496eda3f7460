namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>What is known about the end of an operation.</summary>
public enum OperationOutcome
{
    /// <summary>It has not ended. Checkers treat it like <see cref="Unknown"/>.</summary>
    Pending,
    /// <summary>It returned an output.</summary>
    Returned,
    /// <summary>The caller stopped waiting: the operation may take effect at any later time, or never.</summary>
    Unknown,
    /// <summary>It had no effect and never will.</summary>
    Failed,
}

/// <summary>One operation of a <see cref="History{TInput,TOutput}"/>: the handle that <see cref="History{TInput,TOutput}.Call(string,TInput,TimeSpan?)"/>
/// returns, and the record that checkers read.</summary>
/// <typeparam name="TInput">What a client asks for.</typeparam>
/// <typeparam name="TOutput">What it is answered.</typeparam>
public sealed class Operation<TInput, TOutput>
{
    internal Operation(History<TInput, TOutput> history, int number, string client, TInput input, int position, TimeSpan? at)
    {
        History = history;
        Number = number;
        Client = client;
        Input = input;
        CallPosition = position;
        CalledAt = at;
    }

    /// <summary>The number of the operation in its history, from 1, in the order of the calls.</summary>
    public int Number { get; }

    /// <summary>The client, with its incarnation if it called again after an operation whose outcome is unknown: <c>a</c>, then <c>a/2</c>.</summary>
    public string Client { get; }

    /// <summary>What the client asked for.</summary>
    public TInput Input { get; }

    /// <summary>What the client was answered; the default value unless <see cref="Outcome"/> is <see cref="OperationOutcome.Returned"/>.</summary>
    public TOutput? Output { get; private set; }

    /// <summary>What is known about the end of the operation.</summary>
    public OperationOutcome Outcome { get; private set; }

    /// <summary>The position of the call among the events of the history, from 0.</summary>
    public int CallPosition { get; }

    /// <summary>The position of the end among the events of the history; null while the operation is open (pending or unknown).</summary>
    public int? EndPosition { get; private set; }

    /// <summary>The virtual time of the call, if it was given.</summary>
    public TimeSpan? CalledAt { get; }

    /// <summary>The virtual time of the end, if the operation has ended and the time was given.</summary>
    public TimeSpan? EndedAt { get; private set; }

    /// <summary>True if the operation may still take effect: its outcome is pending or unknown.</summary>
    public bool IsOpen => Outcome is OperationOutcome.Pending or OperationOutcome.Unknown;

    internal History<TInput, TOutput> History { get; }

    internal Observation<TOutput> Observed => Outcome == OperationOutcome.Returned ? new(Output!) : default;

    /// <summary>The operation in one line: number, client, input, and output or outcome.</summary>
    public override string ToString() => $"#{Number} {Client}: {Text.Of(Input)} -> {Outcome switch
    {
        OperationOutcome.Returned => Text.Of(Output),
        OperationOutcome.Unknown => "unknown",
        OperationOutcome.Failed => "failed",
        _ => "pending",
    }}";

    internal void End(OperationOutcome outcome, TOutput? output, int position, TimeSpan? at)
    {
        Outcome = outcome;
        if (outcome == OperationOutcome.Unknown)
            return;
        Output = output;
        EndPosition = position;
        EndedAt = at;
    }
}
