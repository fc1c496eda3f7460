namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>A read or a write of one register among any number of registers. Create it with <see cref="RegisterInput"/>.</summary>
/// <typeparam name="TValue">What a register holds.</typeparam>
/// <param name="Key">The name of the register.</param>
/// <param name="IsWrite">True for a write.</param>
/// <param name="Value">The value to write; the default value for a read.</param>
public readonly record struct RegisterInput<TValue>(string Key, bool IsWrite, TValue Value)
{
    /// <summary>The operation as a call: <c>write(x, 5)</c>.</summary>
    public override string ToString() => IsWrite
        ? Key.Length == 0 ? $"write({Text.Of(Value)})" : $"write({Key}, {Text.Of(Value)})"
        : Key.Length == 0 ? "read()" : $"read({Key})";
}

/// <summary>Creates reads and writes of registers, and records the end of writes.</summary>
public static class RegisterInput
{
    /// <summary>A read.</summary>
    /// <typeparam name="TValue">What the register holds.</typeparam>
    /// <param name="key">The name of the register.</param>
    public static RegisterInput<TValue> Read<TValue>(string key = "") => new(key ?? throw new ArgumentNullException(nameof(key)), false, default!);

    /// <summary>A write.</summary>
    /// <typeparam name="TValue">What the register holds.</typeparam>
    /// <param name="value">The value. If every write of a register has another value, checking is much faster.</param>
    /// <param name="key">The name of the register.</param>
    public static RegisterInput<TValue> Write<TValue>(TValue value, string key = "") => new(key ?? throw new ArgumentNullException(nameof(key)), true, value);

    /// <summary>Records that a write was acknowledged. The output of a write is not checked.</summary>
    /// <typeparam name="TValue">What the register holds.</typeparam>
    /// <param name="history">The history that the write belongs to.</param>
    /// <param name="write">A write that is pending or unknown.</param>
    /// <param name="now">The virtual time, for the story.</param>
    /// <exception cref="ArgumentException">The operation is a read, or belongs to another history.</exception>
    /// <exception cref="InvalidOperationException">The operation has ended.</exception>
    public static void Acknowledge<TValue>(
        this History<RegisterInput<TValue>, TValue> history, Operation<RegisterInput<TValue>, TValue> write, TimeSpan? now = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(write);
        if (!write.Input.IsWrite)
            throw new ArgumentException($"{write} is a read: call Return with the value that was read.", nameof(write));
        history.Return(write, write.Input.Value, now);
    }
}

/// <summary>Registers that hold one value each: a read returns the value of the latest write. The outputs of writes are ignored.</summary>
/// <typeparam name="TValue">What a register holds; values that compare by content.</typeparam>
/// <param name="initial">What every register holds before it is written.</param>
public sealed class RegisterModel<TValue>(TValue initial) : ISequentialModel<TValue, RegisterInput<TValue>, TValue>
{
    /// <inheritdoc/>
    public TValue Initial => initial;

    /// <inheritdoc/>
    public IEnumerable<TValue> Apply(TValue state, RegisterInput<TValue> input, Observation<TValue> observed) =>
        input.IsWrite ? [input.Value] : observed.Allows(state) ? [state] : [];

    /// <summary>True for reads.</summary>
    public bool IsReadOnly(RegisterInput<TValue> input) => !input.IsWrite;

    /// <summary>The name of the register.</summary>
    public object? PartitionKey(RegisterInput<TValue> input) => input.Key;
}
