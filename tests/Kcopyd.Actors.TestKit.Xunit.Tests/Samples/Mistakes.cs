#pragma warning disable xUnit1000 // not public: run by other tests
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Samples;

internal sealed class Mistakes
{
    [Seeds(3)]
    public Task No_world() => Task.CompletedTask;

    [Seeds(3)]
    public Task Two_parameters(World world, int number) => Task.FromResult((world, number));

    [Seeds(3)]
    public Task Is_generic<T>(World world) => Task.FromResult((world, typeof(T)));

    [Seeds(3)]
    public void No_task(World world) => Assert.NotNull(world);

    [Seeds(3, InOwnProcess = true)]
    public Task Not_static(World world) => Task.FromResult(world);

    [Seeds(3, InOwnProcess = true)]
    public static void Static_without_task(World world) => Assert.NotNull(world);

    [Seeds(0)]
    public Task No_seeds(World world) => Task.FromResult(world);

    [Seeds(1, Replays = -1)]
    public Task Negative_replays(World world) => Task.FromResult(world);

    [Seeds(1, OptionsFrom = "Nothing")]
    public Task No_options(World world) => Task.FromResult(world);

    [Seeds(1, OptionsFrom = nameof(Number))]
    public Task Options_of_another_type(World world) => Task.FromResult(world);

    public static int Number => 1;
}

internal sealed class Generic<T>
{
    [Seeds(1, InOwnProcess = true)]
    public static Task In_a_generic_class(World world) => Task.FromResult((world, typeof(T)));
}
