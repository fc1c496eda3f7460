using System.Globalization;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// Records what concurrent clients ask for and what they are answered. The order of the events is the order in which these methods are called.
/// </summary>
/// <remarks>
/// <para>One operation of a client is in progress at a time. A client whose operation is <see cref="Unknown"/> may call again; that call and those after it
/// belong to a new incarnation of the client (<c>a/2</c>), because the old operation may still take effect. An answer that arrives late may still be recorded:
/// <see cref="Return"/> and <see cref="Fail"/> also end an unknown operation.</para>
/// <para>The history is meant for a simulation, which runs on one thread: the methods may be called from one thread at a time.</para>
/// </remarks>
/// <typeparam name="TInput">What clients ask for. It should print well.</typeparam>
/// <typeparam name="TOutput">What clients are answered. It should print well.</typeparam>
public sealed class History<TInput, TOutput>
{
    private sealed class ClientRecord
    {
        public int Incarnation = 1;
        public Operation<TInput, TOutput>? Latest;
    }

    private readonly List<Operation<TInput, TOutput>> _operations = [];
    private readonly EventLog _events = new();
    private readonly Dictionary<string, ClientRecord> _clients = [];
    private readonly HashSet<Operation<TInput, TOutput>> _abandoned = [];
    private readonly Func<TimeSpan>? _clock;
    private readonly Action<string>? _added;

    /// <summary>Creates a history without a clock. A simulation's is made by <see cref="World.CreateHistory"/>.</summary>
    public History()
    {
    }

    internal History(Func<TimeSpan> clock, Action<string> added) => (_clock, _added) = (clock, added);

    /// <summary>All operations, in the order of their calls.</summary>
    public IReadOnlyList<Operation<TInput, TOutput>> Operations => _operations;

    /// <summary>The number of events: calls, ends and notes.</summary>
    public int Count => _events.Count;

    /// <summary>Records that a client begins an operation.</summary>
    /// <param name="client">The client's number; the client <c>1</c> is the client <c>"1"</c>.</param>
    /// <param name="input">What the client asks for.</param>
    /// <param name="now">The virtual time, for the story; by default that of the history's clock, if it has one.</param>
    /// <returns>The operation, with which its end is recorded.</returns>
    /// <exception cref="InvalidOperationException">The previous operation of this client is still in progress.</exception>
    public Operation<TInput, TOutput> Call(int client, TInput input, TimeSpan? now = null) =>
        Call(client.ToString(CultureInfo.InvariantCulture), input, now);

    /// <summary>Records that a client begins an operation.</summary>
    /// <param name="client">The client's name.</param>
    /// <param name="input">What the client asks for.</param>
    /// <param name="now">The virtual time, for the story; by default that of the history's clock, if it has one.</param>
    /// <returns>The operation, with which its end is recorded.</returns>
    /// <exception cref="InvalidOperationException">The previous operation of this client is still in progress.</exception>
    public Operation<TInput, TOutput> Call(string client, TInput input, TimeSpan? now = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(client);
        now ??= _clock?.Invoke();
        if (!_clients.TryGetValue(client, out var record))
            _clients.Add(client, record = new());
        if (record.Latest is { Outcome: OperationOutcome.Pending } pending)
            throw new InvalidOperationException(
                $"Client '{client}' calls again while {pending} is in progress: end that operation first, or give each concurrent caller its own name.");
        // A late answer does not undo the timeout: the client went on without it.
        if (record.Latest is { } latest && _abandoned.Contains(latest))
            record.Incarnation++;
        var name = record.Incarnation == 1 ? client : string.Create(CultureInfo.InvariantCulture, $"{client}/{record.Incarnation}");
        var operation = new Operation<TInput, TOutput>(this, _operations.Count + 1, name, input, _events.Count, now);
        record.Latest = operation;
        _operations.Add(operation);
        Add(operation, $"call    #{operation.Number} {Text.Of(input)}", now);
        return operation;
    }

    /// <summary>Records that an operation was answered.</summary>
    /// <param name="operation">An operation of this history that is pending or unknown.</param>
    /// <param name="output">The answer.</param>
    /// <param name="now">The virtual time, for the story; by default that of the history's clock, if it has one.</param>
    /// <exception cref="ArgumentException">The operation belongs to another history.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public void Return(Operation<TInput, TOutput> operation, TOutput output, TimeSpan? now = null)
    {
        CheckOpen(operation);
        now ??= _clock?.Invoke();
        operation.End(OperationOutcome.Returned, output, _events.Count, now);
        Add(operation, $"return  #{operation.Number} {Text.Of(operation.Input)} -> {Text.Of(output)}", now);
    }

    /// <summary>Records that nothing is known about the end of an operation, because of a timeout or a crash: it may take effect at any later time, or
    /// never.</summary>
    /// <param name="operation">A pending operation of this history.</param>
    /// <param name="now">The virtual time, for the story; by default that of the history's clock, if it has one.</param>
    /// <exception cref="ArgumentException">The operation belongs to another history.</exception>
    /// <exception cref="InvalidOperationException">The operation is not pending.</exception>
    public void Unknown(Operation<TInput, TOutput> operation, TimeSpan? now = null)
    {
        CheckOpen(operation);
        if (!_abandoned.Add(operation))
            throw new InvalidOperationException($"{operation} was recorded as unknown before: record it once.");
        now ??= _clock?.Invoke();
        operation.End(OperationOutcome.Unknown, default, _events.Count, now);
        Add(operation, $"unknown #{operation.Number} {Text.Of(operation.Input)}", now);
    }

    /// <summary>Records that an operation had no effect and never will, for example because it was refused. If that is not certain, call
    /// <see cref="Unknown"/>.</summary>
    /// <param name="operation">An operation of this history that is pending or unknown.</param>
    /// <param name="now">The virtual time, for the story; by default that of the history's clock, if it has one.</param>
    /// <exception cref="ArgumentException">The operation belongs to another history.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public void Fail(Operation<TInput, TOutput> operation, TimeSpan? now = null)
    {
        CheckOpen(operation);
        now ??= _clock?.Invoke();
        operation.End(OperationOutcome.Failed, default, _events.Count, now);
        Add(operation, $"fail    #{operation.Number} {Text.Of(operation.Input)}", now);
    }

    /// <summary>Adds a line to the story, such as a fault that begins. Checkers ignore it.</summary>
    /// <param name="text">The line.</param>
    /// <param name="now">The virtual time; by default that of the history's clock, if it has one.</param>
    public void Note(string text, TimeSpan? now = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        Add("", text, now ?? _clock?.Invoke());
    }

    /// <summary>The events, one line each: position, virtual time, client, and what happened.</summary>
    public string Story() => _events.Story();

    /// <summary>The same as <see cref="Story"/>.</summary>
    public override string ToString() => Story();

    private void Add(Operation<TInput, TOutput> operation, string what, TimeSpan? now) => Add(operation.Client, what, now);

    private void Add(string client, string what, TimeSpan? now)
    {
        _events.Add(client, what, now);
        _added?.Invoke(client);
        _added?.Invoke(what);
    }

    private void CheckOpen(Operation<TInput, TOutput> operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        if (operation.History != this)
            throw new ArgumentException($"{operation} belongs to another history: end it in the history whose Call returned it.", nameof(operation));
        if (!operation.IsOpen)
            throw new InvalidOperationException($"{operation} has ended already: an operation ends once.");
    }
}
