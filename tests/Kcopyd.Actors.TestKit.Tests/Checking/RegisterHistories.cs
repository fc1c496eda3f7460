using Kcopyd.Actors.TestKit.Checking;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

using Register = History<RegisterInput<int>, int>;

/// <summary>Random histories of atomic registers: each operation takes effect at a random moment between its call and its end.</summary>
internal static class RegisterHistories
{
    /// <param name="seed">Determines the history.</param>
    /// <param name="operations">The number of calls.</param>
    /// <param name="clients">The number of clients.</param>
    /// <param name="keys">The number of registers.</param>
    /// <param name="lost">The probability that the outcome of an operation is unknown.</param>
    /// <param name="corrupt">The probability that a read returns some other value.</param>
    /// <param name="values">The number of distinct values; null for unique ones.</param>
    public static Register Create(int seed, int operations, int clients, int keys = 1, double lost = 0, double corrupt = 0, int? values = null)
    {
        var random = new Random(seed);
        var history = new Register();
        var registers = new int[keys];
        var running = new (Operation<RegisterInput<int>, int> Operation, int Key, int Output, bool Done)?[clients];
        var zombies = new List<(int Key, int Value)>();
        var called = 0;
        while (called < operations || running.Any(one => one is not null))
        {
            if (zombies.Count > 0 && random.NextDouble() < 0.1)
            {
                registers[zombies[0].Key] = zombies[0].Value;
                zombies.RemoveAt(0);
            }
            var client = random.Next(clients);
            if (running[client] is not { } one)
            {
                if (called == operations)
                    continue;
                called++;
                var key = random.Next(keys);
                var name = keys == 1 ? "" : $"k{key}";
                var input = random.Next(2) == 0
                    ? RegisterInput.Write(values is { } distinct ? random.Next(distinct) : called, name)
                    : RegisterInput.Read<int>(name);
                running[client] = (history.Call(client, input), key, 0, false);
            }
            else if (!one.Done && random.NextDouble() < lost)
            {
                history.Unknown(one.Operation);
                if (one.Operation.Input.IsWrite && random.Next(2) == 0)
                    zombies.Add((one.Key, one.Operation.Input.Value));
                running[client] = null;
            }
            else if (!one.Done)
            {
                if (one.Operation.Input.IsWrite)
                    registers[one.Key] = one.Operation.Input.Value;
                running[client] = one with { Output = registers[one.Key], Done = true };
            }
            else
            {
                if (random.NextDouble() < lost)
                    history.Unknown(one.Operation);
                else
                    history.Return(one.Operation, random.NextDouble() < corrupt ? random.Next(called + 2) : one.Output);
                running[client] = null;
            }
        }
        return history;
    }
}
