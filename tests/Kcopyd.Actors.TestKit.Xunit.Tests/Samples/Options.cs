#pragma warning disable xUnit1000 // not public: run by other tests

namespace Kcopyd.Actors.TestKit.Tests.Samples;

internal abstract class OptionsBase
{
    protected static SimulationOptions Inherited => new() { MaxTime = TimeSpan.FromMinutes(4) };
}

internal sealed class Options : OptionsBase
{
    private static readonly SimulationOptions Field = new() { MaxTime = TimeSpan.FromMinutes(2) };

    private static SimulationOptions Property => new() { MaxTime = TimeSpan.FromMinutes(1) };

    private static SimulationOptions Method() => new() { MaxTime = TimeSpan.FromMinutes(3) };

    private static SimulationOptions Throwing => throw new InvalidOperationException("There are no options.");

    [Seeds(1, OptionsFrom = nameof(Property))]
    public Task One_minute(World world) => new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromHours(1), world.Time);

    [Seeds(1, OptionsFrom = nameof(Field))]
    public Task Two_minutes(World world) => new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromHours(1), world.Time);

    [Seeds(1, OptionsFrom = nameof(Method))]
    public Task Three_minutes(World world) => new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromHours(1), world.Time);

    [Seeds(1, OptionsFrom = nameof(Inherited), Policy = SchedulePolicyKind.Priority, InOwnProcess = true)]
    public static Task Four_minutes(World world) => new TaskCompletionSource().Task.WaitAsync(TimeSpan.FromHours(1), world.Time);

    [Seeds(1, OptionsFrom = nameof(Throwing))]
    public Task No_options(World world) => Task.FromResult(world);
}
